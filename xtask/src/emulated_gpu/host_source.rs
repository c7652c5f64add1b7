use anyhow::Context;

/// A preprocessed source of kernels as a compiler of the CPU takes it: dynamic shared memory becomes a
/// pointer, and every kernel is entered into the emulated driver's table.
pub fn host_source(preprocessed: &str) -> anyhow::Result<String> {
    let mut text = with_dynamic_memory(preprocessed)?;
    for name in kernel_names(preprocessed) {
        text.push_str(&entry(name));
    }
    Ok(text)
}

/// What `__global__` is preprocessed to.
const KERNEL: &str = "__attribute__((used))";

/// What `extern __shared__` is preprocessed to.
const DYNAMIC: &str = "extern static ";

fn entry(name: &str) -> String {
    format!("static const emulated::Entry<&{name}> emulated_entry_of_{name}(\"{name}\");\n")
}

/// The names in `extern "C" __global__ void NAME(`.
fn kernel_names(text: &str) -> Vec<&str> {
    let starts = text.split("extern \"C\"").skip(1);
    let names = starts.filter_map(|start| {
        let rest = start.trim_start().strip_prefix(KERNEL)?.trim_start();
        rest.strip_prefix("void")?.split('(').next().map(str::trim)
    });
    names.collect()
}

/// `extern static T name[];` as `T *name = ..;` everywhere.
fn with_dynamic_memory(text: &str) -> anyhow::Result<String> {
    let mut parts = text.split(DYNAMIC);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (declaration, rest) = part.split_once(';').context("expected a declaration to end")?;
        let declaration = declaration.replace("[]", "");
        let (kind, name) =
            declaration.trim().rsplit_once(char::is_whitespace).with_context(|| {
                format!("expected `T name[]` of shared memory, found {declaration:?}")
            })?;
        // Alignment is that of the memory, which serves every type.
        let kind = kind.rsplit("))").next().unwrap_or(kind).trim();
        let memory = format!("{kind} *{name} = static_cast<{kind} *>(emulated::dynamic_shared);");
        out.extend([&memory, rest]);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_found_however_they_are_laid_out() {
        let text = "extern \"C\" __attribute__((used)) void a_f32(const float *x) {}\n\
                    extern \"C\"\n  __attribute__((used))\nvoid b (int n) {}\n\
                    extern \"C\" int printf(const char *);";
        assert_eq!(kernel_names(text), ["a_f32", "b"]);
    }

    #[test]
    fn dynamic_shared_memory_becomes_a_pointer() {
        let expected = "{ float *s = static_cast<float *>(emulated::dynamic_shared); s[0]; }";
        for text in [
            "{ extern static float s[]; s[0]; }",
            "{ extern static __attribute__((aligned(16))) float s[]; s[0]; }",
        ] {
            assert_eq!(with_dynamic_memory(text).unwrap(), expected);
        }
    }
}
