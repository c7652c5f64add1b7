//! Vectors of the machine: one generic kernel, compiled for each instruction set, the widest chosen
//! at run time.
//!
//! A kernel is an [`OnVectors`] whose `run` is generic over [`Vector`]. `run` and all it calls must be
//! `#[inline(always)]`: only then does it become code for the instructions of the caller.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod exp;
mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

use std::sync::OnceLock;

pub(crate) use lanes::{load_up_to, store_up_to};
pub(crate) use portable::Portable;

use crate::element::Element;

/// A fixed number of elements that one instruction works on.
pub(crate) trait Vector: Copy + Send + Sync {
    /// What it is made of.
    type Element: Element;
    /// How many.
    const LANES: usize;
    /// The same value in every lane.
    fn splat(value: Self::Element) -> Self;
    /// The elements at `from`, unaligned.
    ///
    /// # Safety
    /// `from` is valid for reading `LANES` elements.
    unsafe fn load(from: *const Self::Element) -> Self;
    /// The first `count` < `LANES` elements at `from`, the other lanes zero.
    ///
    /// # Safety
    /// `from` is valid for reading `count` elements.
    unsafe fn load_first(from: *const Self::Element, count: usize) -> Self;
    /// Writes all lanes to `to`, unaligned.
    ///
    /// # Safety
    /// `to` is valid for writing `LANES` elements.
    unsafe fn store(self, to: *mut Self::Element);
    /// Writes the first `count` < `LANES` lanes to `to`.
    ///
    /// # Safety
    /// `to` is valid for writing `count` elements.
    unsafe fn store_first(self, to: *mut Self::Element, count: usize);
    /// Asks for the cache line at `from`, which may be any address, ahead of its use.
    #[inline(always)]
    fn prefetch(_from: *const Self::Element) {}
    /// self + other.
    fn add(self, other: Self) -> Self;
    /// self - other.
    fn sub(self, other: Self) -> Self;
    /// self * other.
    fn mul(self, other: Self) -> Self;
    /// self * factor + addend, fused where the machine can.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// self / other.
    fn div(self, other: Self) -> Self;
    /// e to the power self, to about two units in the last place; infinite where that is too large,
    /// zero or subnormal where it is too small, NaN for NaN.
    fn exp(self) -> Self;
}

/// A kernel written for any vector of `T`.
pub(crate) trait OnVectors<T> {
    /// What it returns.
    type Output;
    /// The kernel; `#[inline(always)]`, as is everything it calls.
    fn run<V: Vector<Element = T>>(self) -> Self::Output;
}

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256-bit vectors with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 128-bit vectors of aarch64.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Whatever the compiler makes of plain loops.
    Portable,
}

impl InstructionSet {
    /// Those that this machine has, the widest first; the portable one is always last.
    pub fn available() -> &'static [Self] {
        static FOUND: OnceLock<Vec<InstructionSet>> = OnceLock::new();
        FOUND.get_or_init(detect)
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Vec<InstructionSet> {
    let mut found = Vec::new();
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
    {
        found.push(InstructionSet::Avx512);
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        found.push(InstructionSet::Avx2);
    }
    found.push(InstructionSet::Portable);
    found
}

#[cfg(target_arch = "aarch64")]
fn detect() -> Vec<InstructionSet> {
    vec![InstructionSet::Neon, InstructionSet::Portable]
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn detect() -> Vec<InstructionSet> {
    vec![InstructionSet::Portable]
}

/// Runs `work` on the widest vectors of f32 that this machine has.
pub(crate) fn run_f32<W: OnVectors<f32>>(work: W) -> W::Output {
    run_f32_on(InstructionSet::available()[0], work)
}

/// Runs `work` on vectors of `set`, one of [`InstructionSet::available`].
pub(crate) fn run_f32_on<W: OnVectors<f32>>(set: InstructionSet, work: W) -> W::Output {
    assert!(InstructionSet::available().contains(&set), "this machine has no {set:?}");
    match set {
        // SAFETY: the assertion above: the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => unsafe { avx512::run(work) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => unsafe { avx2::run(work) },
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon => neon::run(work),
        InstructionSet::Portable => work.run::<Portable<f32, 8>>(),
    }
}

/// Runs `work` on f64, which is for checks and not for speed.
pub(crate) fn run_f64<W: OnVectors<f64>>(work: W) -> W::Output {
    work.run::<Portable<f64, 4>>()
}
