/// Runs `work` compiled for vector instructions where this machine has more than its baseline.
///
/// Nothing is fused or reordered, so the bits are the same on every machine.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::simd::InstructionSet;

        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
        fn widest<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        #[target_feature(enable = "avx2")]
        fn wide<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        let best = InstructionSet::available()[0];
        // SAFETY: the processor has what each is compiled for.
        #[allow(unsafe_code)]
        match best {
            InstructionSet::Avx512 => return unsafe { widest(work) },
            InstructionSet::Avx2 => return unsafe { wide(work) },
            InstructionSet::Portable => {}
        }
    }
    work()
}
