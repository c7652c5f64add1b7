use std::collections::BTreeMap;

/// The functions that Rust code declares, by name: whether each returns a text, and not a status.
pub fn functions(source: &str) -> BTreeMap<&str, bool> {
    source
        .match_indices("fn ")
        .filter(|(at, _)| source[..*at].chars().next_back().is_none_or(char::is_whitespace))
        .filter_map(|(at, keyword)| {
            let rest = &source[at + keyword.len()..];
            let (name, _) = rest.split_once('(')?;
            let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let signature = rest.split(['{', ';']).next().unwrap_or(rest);
            let text = signature.contains("-> *const") && signature.contains("c_char");
            is_name.then_some((name, text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_found_with_what_they_return() {
        let source = "\
pub unsafe fn cuInit(flags: c_uint) -> CUresult {
    type _F = unsafe extern \"C\" fn(c_uint) -> CUresult;
    extern \"C\" {
        fn cuInit(flags: c_uint) -> CUresult;
        pub fn cublasGetStatusName(
            status: cublasStatus_t,
        ) -> *const ::core::ffi::c_char;
    }
}
pub unsafe fn cuSet(name: *const ::core::ffi::c_char) -> CUresult;
";
        let found = functions(source);
        let expected = [("cuInit", false), ("cuSet", false), ("cublasGetStatusName", true)];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}
