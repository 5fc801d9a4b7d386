//! The members of a JSON object as they stand.

use std::fmt;

use podslate_shared::layout::CONFIG_NAME_KEY;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Keys and values in their order, the same key as often as it stands there.
pub struct Members<'a>(pub Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members, if the text is an object.
    pub fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The values of the project's name.
    pub fn names(&self) -> Vec<&'a RawValue> {
        let names = (0..self.0.len()).filter(|index| self.is_name(*index));
        names.map(|index| self.0[index].1).collect()
    }

    /// All other members.
    pub fn others(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let others = (0..self.0.len()).filter(|index| !self.is_name(*index));
        others.map(|index| (self.0[index].0.get(), self.0[index].1.get()))
    }

    /// Whether a member is the project's name, however its key is spelled.
    pub fn is_name(&self, index: usize) -> bool {
        let key: Result<String, _> = serde_json::from_str(self.0[index].0.get());
        // A key with half a character in it is none that can be read, and another one.
        key.is_ok_and(|key| key == CONFIG_NAME_KEY)
    }
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
