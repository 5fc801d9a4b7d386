//! The server's token.

use std::fmt;

use subtle::ConstantTimeEq;

use super::strength;

/// Minimum length of a token, in characters: 128 bits in Base64; hexadecimal digits need more.
const MIN_LENGTH: usize = 22;
/// Maximum length of a token, in characters: a longer one does not fit into a request.
const MAX_LENGTH: usize = 4096;

/// A secret that gives access to the API.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token that a person chose.
    ///
    /// # Errors
    /// A sentence that says why it cannot be used.
    pub fn new(text: &str) -> Result<Self, String> {
        if let Some(damage) = strength::damage(text) {
            return Err(damage.to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "The token may contain only ASCII letters, digits and punctuation.".to_owned(),
            );
        }
        if text.len() < MIN_LENGTH {
            return Err(format!(
                "The token is too easy to guess: it needs at least {MIN_LENGTH} characters, for \
                 example from `openssl rand -hex 16`."
            ));
        }
        if text.len() > MAX_LENGTH {
            return Err(format!("The token is longer than {MAX_LENGTH} characters."));
        }
        if let Some(weakness) = strength::weakness(text) {
            return Err(format!(
                "The token is too easy to guess: {weakness}. Create one with `openssl rand -hex 16`."
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// A token of 192 random bits.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes)?;
        Ok(Self(const_hex::encode(bytes)))
    }

    /// The token as text, for the one output that shows it to a person.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the token, in constant time.
    pub(super) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_enough_and_hidden() {
        assert!(Token::new("short").is_err());
        assert!(Token::new("0123456789 0123456789 0").is_err());
        assert!(Token::new(&"canary-0Xq93Lm52Tz".repeat(1000)).is_err());
        let token = Token::new("canary-0Xq93Lm52Tz-71").unwrap_err();
        assert!(token.contains("at least 22 characters"), "{token}");
        let token = Token::new("canary-0Xq93Lm52Tz-714").unwrap();
        assert!(token.is("canary-0Xq93Lm52Tz-714"));
        assert!(!token.is("canary-0Xq93Lm52Tz-713") && !token.is(""));
        assert!(!format!("{token:?}").contains("0Xq9"));
        let random = Token::random().unwrap();
        assert_eq!(random.reveal().len(), 48);
        assert!(Token::new(random.reveal()).is_ok());
    }
}
