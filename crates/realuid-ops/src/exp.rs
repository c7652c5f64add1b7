/// e^x to about two units in the last place, written so that a loop over it becomes vector code.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2 (ln 2 in two parts, Cody and Waite 1980), a polynomial in r
/// (the coefficients of Cephes' `expf`), then the exponent n by bit arithmetic. Only multiplications
/// and additions, never fused, so the bits do not depend on the machine. Results below 2^-125 are
/// flushed to zero; above the largest f32 they are infinite; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp_f32(x: f32) -> f32 {
    /// Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    const LOWEST: f32 = -86.643_394; // -125 ln 2
    const HIGHEST: f32 = 88.722_83; // ln(f32::MAX)

    let clamped = x.clamp(LOWEST, HIGHEST);
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + coefficient;
    }
    let y = p * r * r + r + 1.0;
    // 2^(n-1), then doubled: n = 128 would overflow the exponent.
    let half_scale = f32::from_bits(shifted.to_bits().wrapping_add(126) << 23);
    let y = y * half_scale * 2.0;
    let y = if x > HIGHEST { f32::INFINITY } else { y };
    if x < LOWEST { 0.0 } else { y }
}

#[cfg(test)]
// Exact values are the point here.
#[allow(clippy::float_cmp)]
mod tests {
    use super::exp_f32;

    #[test]
    fn error_is_within_two_units_in_the_last_place() {
        let mut worst = 0.0_f64;
        for k in 0..=2_000_000 {
            let x = -86.6 + k as f32 * (88.7 + 86.6) / 2_000_000.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp_f32(x)) - exact).abs() / exact);
        }
        assert!(worst < 2.0 * f64::from(f32::EPSILON), "{worst:e}");
    }

    #[test]
    fn ends_are_exact() {
        assert_eq!(exp_f32(0.0), 1.0);
        assert_eq!(exp_f32(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp_f32(-1000.0), 0.0);
        assert_eq!(exp_f32(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp_f32(89.0), f32::INFINITY);
        assert!(exp_f32(88.72).is_finite());
        assert!(exp_f32(f32::NAN).is_nan());
    }
}
