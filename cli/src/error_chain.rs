//! Errors with their causes.

use std::error::Error;
use std::io;

/// The error and its causes, including one that is wrapped in an `io::Error`.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let next = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => (*error).source(),
        }
    };
    std::iter::successors(Some(error), next)
}

/// The first error of type `T` among the error and its causes.
pub fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref::<T>())
}

/// The sentences of the error and its causes, each only once.
pub fn describe(error: &(dyn Error + 'static)) -> String {
    causes(error).fold(String::new(), |text, cause| {
        let sentence = cause.to_string();
        match (text.is_empty(), text.contains(&sentence)) {
            (true, _) => sentence,
            (false, true) => text,
            (false, false) => format!("{text}: {sentence}"),
        }
    })
}
