//! Members of a JSON object as they are written.

use std::fmt;

use podslate_shared::layout::CONFIG_NAME_KEY;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Keys and values in their order, including repeated keys.
pub struct Members<'a>(pub Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members, unless the text is not an object.
    pub fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Values of the project's name.
    pub fn names(&self) -> Vec<&'a RawValue> {
        let names = self.0.iter().filter(|(key, _)| is_name(key));
        names.map(|(_, value)| *value).collect()
    }

    /// All other members.
    pub fn others(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let others = self.0.iter().filter(|(key, _)| !is_name(key));
        others.map(|(key, value)| (key.get(), value.get()))
    }
}

/// Whether a key is that of the project's name, in any spelling.
pub fn is_name(key: &RawValue) -> bool {
    // A key with an unpaired surrogate cannot be read, and is another one.
    serde_json::from_str(key.get()).is_ok_and(|key: String| key == CONFIG_NAME_KEY)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        json.deserialize_map(Object).map(Self)
    }
}
