#![allow(unsafe_code)]
// SAFETY, throughout: these functions are inlined into `run`, which is compiled for and called on
// machines with AVX2 and FMA only; pointers are as valid as the trait asks of its callers.

use std::arch::x86_64::{
    __m256, __m256i, _CMP_GT_OQ, _CMP_LT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT,
    _MM_HINT_T0, _mm_prefetch, _mm256_add_epi32, _mm256_add_ps, _mm256_andnot_ps, _mm256_blendv_ps,
    _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cmpgt_epi32, _mm256_cvtps_epi32, _mm256_div_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_max_ps,
    _mm256_min_ps, _mm256_mul_ps, _mm256_round_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setr_epi32, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_sub_ps,
};

use std::f32::consts::LOG2_E;

use super::exp::{HIGHEST, LOWEST, exp_of_remainder};
use super::{OnVectors, Vector};

/// Rounding to the nearest integer, silently.
const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// Runs `work` compiled for AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(crate) fn run<W: OnVectors<f32>>(work: W) -> W::Output {
    work.run::<__m256>()
}

/// A mask of the first `count` lanes.
#[inline(always)]
fn first(count: usize) -> __m256i {
    unsafe {
        let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lanes)
    }
}

impl Vector for __m256 {
    type Element = f32;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        unsafe { _mm256_maskload_ps(from, first(count)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        unsafe { _mm256_maskstore_ps(to, first(count), self) }
    }

    #[inline(always)]
    fn prefetch(from: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe { _mm256_add_ps(self, other) }
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe { _mm256_sub_ps(self, other) }
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe { _mm256_mul_ps(self, other) }
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe { _mm256_div_ps(self, other) }
    }

    #[inline(always)]
    fn exp(self) -> Self {
        unsafe {
            // The order of arguments keeps NaN: the second is returned where one is NaN.
            let low = _mm256_max_ps(Self::splat(LOWEST), self);
            let clamped = _mm256_min_ps(Self::splat(HIGHEST), low);
            let n = _mm256_round_ps::<NEAREST>(clamped.mul(Self::splat(LOG2_E)));
            let y = exp_of_remainder(clamped, n);
            // 2^(n-1), then doubled: n = 128 would overflow the exponent.
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(126));
            let half = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent));
            let y = y.mul(half).mul(Self::splat(2.0));
            let small = _mm256_cmp_ps::<_CMP_LT_OQ>(self, Self::splat(LOWEST));
            let large = _mm256_cmp_ps::<_CMP_GT_OQ>(self, Self::splat(HIGHEST));
            let y = _mm256_andnot_ps(small, y);
            _mm256_blendv_ps(y, Self::splat(f32::INFINITY), large)
        }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { _mm256_fmadd_ps(self, factor, addend) }
    }
}
