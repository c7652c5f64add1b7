use super::Vector;

/// Below this, e^x is taken for zero where a machine cannot scale to subnormal numbers: -125 ln 2.
pub(super) const LOWEST: f32 = -86.643_394;
/// Above this, e^x is infinite: the logarithm of the largest f32.
pub(super) const HIGHEST: f32 = 88.722_83;

/// e^(x - n ln 2) for |x - n ln 2| <= ln 2 / 2: ln 2 in two parts (Cody and Waite 1980), then a
/// polynomial (the coefficients of Cephes' `expf`).
#[inline(always)]
pub(super) fn exp_of_remainder<V: Vector<Element = f32>>(x: V, n: V) -> V {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let r = n.mul_add(V::splat(-LN2_HIGH), x);
    let r = n.mul_add(V::splat(-LN2_LOW), r);
    let mut p = V::splat(1.987_569_1e-4);
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p.mul_add(r, V::splat(coefficient));
    }
    p.mul(r).mul_add(r, r).add(V::splat(1.0))
}

#[cfg(test)]
mod tests {
    use super::super::{InstructionSet, OnVectors, Vector, run_f32_on};

    /// e^x of every value.
    struct Exponentials<'a>(&'a mut [f32]);

    #[allow(unsafe_code)]
    impl OnVectors<f32> for Exponentials<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector<Element = f32>>(self) {
            for values in self.0.chunks_exact_mut(V::LANES) {
                // SAFETY: as many values as lanes.
                unsafe { V::load(values.as_ptr()).exp().store(values.as_mut_ptr()) };
            }
        }
    }

    #[test]
    fn every_instruction_set_is_within_two_units_in_the_last_place() {
        let x: Vec<f32> = (0..1 << 18).map(|k| -86.6 + k as f32 * (175.3 / 262_144.0)).collect();
        for &set in InstructionSet::available() {
            let mut y = x.clone();
            run_f32_on(set, Exponentials(&mut y));
            for (x, y) in x.iter().zip(y) {
                let exact = f64::from(*x).exp();
                let off = (f64::from(y) - exact).abs() / exact;
                assert!(off < 2.0 * f64::from(f32::EPSILON), "{set:?}: e^{x} is not {y}");
            }
        }
    }

    #[test]
    fn the_ends_are_infinite_and_nothing() {
        let ends = [f32::INFINITY, 89.0, 1e30, f32::NEG_INFINITY, -110.0, -1e30, f32::NAN, 0.0];
        let mut values = [ends, ends].concat();
        let expected = [f32::INFINITY, f32::INFINITY, f32::INFINITY, 0.0, 0.0, 0.0];
        for &set in InstructionSet::available() {
            values[..8].copy_from_slice(&ends);
            values[8..].copy_from_slice(&ends);
            run_f32_on(set, Exponentials(&mut values));
            assert_eq!(values[..6], expected, "{set:?}");
            assert!(values[6].is_nan() && values[7].to_bits() == 1.0_f32.to_bits(), "{set:?}");
        }
    }
}
