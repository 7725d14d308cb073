//! An object is an object: serde would read a list into a structure too, value by value, and an empty list into one
//! whose properties may all be missing. Nothing Microsoft answers is meant so.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    T::deserialize(Strict(serde_json::from_slice(body)?))
}

/// The same of what is parsed already.
pub(crate) fn of<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Strict(value))
}

struct Strict(Value);

impl<'de> IntoDeserializer<'de, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Strict))),
            Value::Object(object) => {
                let inside = object.into_iter().map(|(name, value)| (name, Strict(value)));
                visitor.visit_map(MapDeserializer::new(inside))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &"an object"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Outer {
        name: Option<String>,
        count: u32,
        inner: Option<Inner>,
        all: Vec<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        word: String,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Plain {
        word: String,
    }

    #[test]
    fn an_object_is_read_and_a_list_in_its_place_is_not() {
        let outer: Outer =
            read(br#"{"name":"n","count":3,"inner":{"word":"w","x":1},"all":[{}],"new":[1]}"#).unwrap();
        assert_eq!((outer.name.as_deref(), outer.count, outer.all.len()), (Some("n"), 3, 1));
        assert_eq!(outer.inner.unwrap().rest["x"], 1);
        for wrong in
            ["[]", r#"["n",3]"#, r#"{"inner":[]}"#, r#"{"all":[[]]}"#, r#"{"all":{}}"#, r#"{"count":"3"}"#]
        {
            assert!(read::<Outer>(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(read::<Vec<Plain>>(b"[[]]").is_err() && read::<Vec<Plain>>(b"[{}]").is_ok());
        assert!(read::<Outer>(b"{\"inner\":null").is_err(), "cut");
    }
}
