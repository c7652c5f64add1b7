//! Defaults of configuration fields that are one, and values that need not be written to a file.

/// One.
pub(crate) fn one<T: From<u8>>() -> T {
    T::from(1)
}

/// Whether the field has the default [`one`].
pub(crate) fn is_one<T: From<u8> + PartialEq>(value: &T) -> bool {
    *value == one()
}

/// Whether the field has its type's own default.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
