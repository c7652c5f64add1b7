#![allow(unsafe_code)]
// SAFETY, throughout: every aarch64 processor has NEON; pointers are as valid as the trait asks of
// its callers.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vaddq_s32, vbslq_f32, vcgtq_f32, vcltq_f32, vcvtq_s32_f32, vdivq_f32,
    vdupq_n_f32, vdupq_n_s32, vfmaq_f32, vld1q_f32, vmaxq_f32, vminq_f32, vmulq_f32,
    vreinterpretq_f32_s32, vrndnq_f32, vshlq_n_s32, vst1q_f32, vsubq_f32,
};

use std::f32::consts::LOG2_E;

use super::exp::{HIGHEST, LOWEST, exp_of_remainder};
use super::{OnVectors, Vector};

/// Runs `work` compiled for NEON.
pub(crate) fn run<W: OnVectors<f32>>(work: W) -> W::Output {
    work.run::<float32x4_t>()
}

impl Vector for float32x4_t {
    type Element = f32;
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        unsafe { vdupq_n_f32(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; 4];
        unsafe {
            lanes[..count].copy_from_slice(std::slice::from_raw_parts(from, count));
            vld1q_f32(lanes.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { vst1q_f32(to, self) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        let mut lanes = [0.0; 4];
        unsafe {
            vst1q_f32(lanes.as_mut_ptr(), self);
            std::slice::from_raw_parts_mut(to, count).copy_from_slice(&lanes[..count]);
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe { vaddq_f32(self, other) }
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe { vsubq_f32(self, other) }
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe { vmulq_f32(self, other) }
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe { vdivq_f32(self, other) }
    }

    #[inline(always)]
    fn exp(self) -> Self {
        unsafe {
            let clamped = vminq_f32(vmaxq_f32(self, Self::splat(LOWEST)), Self::splat(HIGHEST));
            let n = vrndnq_f32(clamped.mul(Self::splat(LOG2_E)));
            let y = exp_of_remainder(clamped, n);
            // 2^(n-1), then doubled: n = 128 would overflow the exponent.
            let exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(126));
            let half = vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent));
            let y = y.mul(half).mul(Self::splat(2.0));
            let y = vbslq_f32(vcltq_f32(self, Self::splat(LOWEST)), Self::splat(0.0), y);
            vbslq_f32(vcgtq_f32(self, Self::splat(HIGHEST)), Self::splat(f32::INFINITY), y)
        }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { vfmaq_f32(addend, self, factor) }
    }
}
