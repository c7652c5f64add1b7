use candle_core::{DType, Device};
use realuid_data::{
    Blur, ByteImages, Corruption, Dataset, Downsample, Edges, Mask, MaskFill, Noise, Rotation,
    Sample, open,
};
use realuid_ops::RandomStream;

use crate::{assert_contains, message};

/// An image of [1, 3, 4] pixels whose filtered versions below are those of scipy.
const BYTES: [u8; 12] = [0, 64, 255, 10, 128, 32, 200, 90, 7, 250, 60, 180];

fn stream() -> RandomStream {
    RandomStream::new(1, "test", 2)
}

fn image() -> Sample {
    ByteImages::new([1, 3, 4], BYTES.to_vec(), None).unwrap().get(0).unwrap()
}

fn source(corruption: &dyn Corruption) -> Vec<f32> {
    corruption.apply(&[1, 3, 4], &image().values, &stream()).unwrap()
}

#[track_caller]
fn assert_values(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let near = found.iter().zip(expected).all(|(f, e)| (f64::from(*f) - e).abs() < 2e-7);
    assert!(near, "expected {expected:?}, found {found:?}");
}

#[test]
fn blurs_are_those_of_scipy() {
    // scipy.ndimage.gaussian_filter(x, strength, mode="reflect", truncate=4). The wide one reaches
    // over the image several times.
    #[rustfmt::skip]
    let narrow = [
        -0.777_082_178, -0.345_041_858,  0.385_541_889, -0.520_122_761,
        -0.338_327_944, -0.258_093_314,  0.185_596_739, -0.157_322_319,
        -0.539_944_009,  0.256_759_578, -0.068_787_100,  0.184_666_414,
    ];
    #[rustfmt::skip]
    let wide = [
        -0.256_212_692, -0.210_975_427, -0.153_324_019, -0.117_060_413,
        -0.237_953_771, -0.192_846_549, -0.134_972_763, -0.098_252_184,
        -0.219_732_284, -0.174_743_915, -0.116_634_203, -0.079_448_644,
    ];
    assert_values(&source(&Blur::new(0.6).unwrap()), &narrow);
    assert_values(&source(&Blur::new(2.0).unwrap()), &wide);
    // A blur too weak to reach the next pixel leaves the image as it is.
    assert_eq!(source(&Blur::new(1e-200).unwrap()), image().values);
}

#[test]
fn edges_are_sobels() {
    // scipy.ndimage.sobel(x, axis, mode="reflect") for both axes, 2 hypot / sqrt(80) - 1.
    #[rustfmt::skip]
    let expected = [
        -0.360_123_041,  0.467_997_718, -0.787_655_116,  0.517_044_011,
        -0.584_706_068, -0.144_127_193, -0.938_743_140, -0.180_683_043,
         0.138_895_369, -0.491_748_971, -0.728_940_450, -0.505_820_110,
    ];
    assert_values(&source(&Edges), &expected);
}

#[test]
fn edges_lie_within_minus_one_and_one() {
    let found = |data: &[f32; 9]| Edges.apply(&[1, 3, 3], data, &stream()).unwrap()[4];
    assert!((found(&[0.3; 9]) + 1.0).abs() < 1e-9, "no edge");
    let step = found(&[-1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0]);
    assert!((step - (16.0 / 80.0_f32.sqrt() - 1.0)).abs() < 1e-6, "{step}");
    // The steepest of all: g_x = 8, g_y = 4.
    let steepest = found(&[-1.0, -1.0, 1.0, -1.0, 0.0, 1.0, -1.0, 1.0, 1.0]);
    assert!((steepest - 1.0).abs() < 1e-6, "{steepest}");
}

#[test]
fn downsampled_blocks_hold_their_mean() {
    let mean = |pixels: &[u8]| {
        let sum: f64 = pixels.iter().map(|byte| f64::from(*byte)).sum();
        sum / pixels.len() as f64 / 127.5 - 1.0
    };
    let [a, b] = [mean(&[0, 64, 128, 32]), mean(&[255, 10, 200, 90])];
    let [c, d] = [mean(&[7, 250]), mean(&[60, 180])];
    let halved = source(&Downsample::new(2).unwrap());
    assert_values(&halved, &[a, a, b, b, a, a, b, b, c, c, d, d]);
    // 3 goes once into the height, and once with a rest of one column into the width.
    let left = mean(&[0, 64, 255, 128, 32, 200, 7, 250, 60]);
    let right = mean(&[10, 90, 180]);
    let thirds = source(&Downsample::new(3).unwrap());
    assert_values(&thirds, &[[left, left, left, right]; 3].concat());
    assert_values(&source(&Downsample::new(usize::MAX).unwrap()), &[mean(&BYTES); 12]);
}

#[test]
fn channels_are_corrupted_apart() {
    let first = image().values;
    let second: Vec<f32> = first.iter().rev().map(|value| -value).collect();
    let both = [first.as_slice(), &second].concat();
    let shape = [2, 3, 4];
    let (blur, downsample) = (Blur::new(0.6).unwrap(), Downsample::new(2).unwrap());
    for corruption in [&blur as &dyn Corruption, &downsample, &Edges] {
        let alone = |data: &[f32]| corruption.apply(&[1, 3, 4], data, &stream()).unwrap();
        let expected = [alone(&first), alone(&second)].concat();
        assert_eq!(corruption.apply(&shape, &both, &stream()).unwrap(), expected);
    }
}

#[test]
fn noise_is_the_streams_times_its_deviation() {
    let data = image().values;
    let normal = stream().normal(12, DType::F64, &Device::Cpu).unwrap().to_vec1::<f64>().unwrap();
    let expected: Vec<f64> =
        data.iter().zip(normal).map(|(x, z)| f64::from(*x) + 0.25 * z).collect();
    assert_values(&source(&Noise::new(0.25).unwrap()), &expected);
    assert_eq!(source(&Noise::new(0.0).unwrap()), data);
}

#[test]
fn a_mask_is_a_square_at_an_even_place() {
    let digits = open("digits?source=mask&size=4").unwrap();
    // Places 0 to 4 for 4 of 8 pixels, in both directions.
    let mut counts = [[0_usize; 5]; 5];
    for index in 0..digits.len() {
        let sample = digits.get(index).unwrap();
        let source = sample.source.unwrap();
        let places = (0..5).flat_map(|top| (0..5).map(move |left| [top, left]));
        let masked_at = |[top, left]: [usize; 2]| {
            (0..64).all(|k| {
                let inside =
                    (top..top + 4).contains(&(k / 8)) && (left..left + 4).contains(&(k % 8));
                let expected = if inside { 0.0 } else { sample.values[k] };
                source[k].to_bits() == expected.to_bits()
            })
        };
        let found: Vec<_> = places.filter(|place| masked_at(*place)).collect();
        let [[top, left]] = found[..] else { panic!("digit {index} is masked at {found:?}") };
        counts[top][left] += 1;
    }
    // 72 each of 1,797 digits, standard deviation 8.3.
    assert!(counts.as_flattened().iter().all(|count| count.abs_diff(72) < 42), "{counts:?}");
}

#[test]
fn a_mask_of_noise_is_standard_normal_inside_and_untouched_outside() {
    let mask = Mask::new(20, MaskFill::Noise).unwrap();
    let data = vec![5.0_f32; 3 * 32 * 40];
    let source = mask.apply(&[3, 32, 40], &data, &stream()).unwrap();
    let changed =
        source.iter().zip(&data).filter(|(source, data)| source.to_bits() != data.to_bits());
    let inside: Vec<f64> = changed.map(|(value, _)| f64::from(*value)).collect();
    assert_eq!(inside.len(), 3 * 20 * 20);
    let mean = inside.iter().sum::<f64>() / 1200.0;
    let variance = inside.iter().map(|v| v * v).sum::<f64>() / 1200.0;
    // Standard deviations 0.029 and 0.041.
    assert!(mean.abs() < 0.12 && (variance - 1.0).abs() < 0.17, "{mean}, {variance}");
    let distinct: std::collections::HashSet<u64> = inside.iter().map(|v| v.to_bits()).collect();
    assert!(distinct.len() > 1190, "channels share their noise");
}

#[test]
fn a_rotation_turns_counter_clockwise() {
    let turn = |degrees, std| {
        Rotation::new(degrees, std).unwrap().apply(&[2], &[2.0, 1.0], &stream()).unwrap()
    };
    assert_values(&turn(90.0, 0.0), &[-1.0, 2.0]);
    let half = 0.5_f64.sqrt();
    assert_values(&turn(45.0, 0.0), &[half, 3.0 * half]);
    let noise = Noise::new(0.3).unwrap().apply(&[2], &[-1.0, 2.0], &stream()).unwrap();
    assert_eq!(turn(90.0, 0.3), noise);
}

#[test]
fn impossible_strengths_and_shapes_are_refused() {
    for strength in [0.0, -1.0, 100.1, f64::NAN, f64::INFINITY] {
        assert_contains(&message(Blur::new(strength)), &["blur", "above 0 and at most 100"]);
    }
    assert_contains(&message(Downsample::new(1)), &["at least 2, found 1"]);
    assert_contains(&message(Mask::new(0, MaskFill::Grey)), &["at least 1", "size of 0"]);
    for std in [-0.1, f64::NAN, f64::INFINITY] {
        assert_contains(&message(Noise::new(std)), &["standard deviation"]);
        assert_contains(&message(Rotation::new(0.0, std)), &["standard deviation"]);
    }
    assert_contains(&message(Rotation::new(f64::NAN, 0.0)), &["angle", "NaN"]);
    let mask = Mask::new(4, MaskFill::Grey).unwrap();
    let small = mask.apply(&[1, 3, 4], &[0.0; 12], &stream());
    assert_contains(&message(small), &["fits into 3 x 4", "size of 4"]);
    let blur = Blur::new(1.0).unwrap();
    for corruption in [&blur as &dyn Corruption, &mask, &Edges, &Downsample::new(2).unwrap()] {
        let vector = corruption.apply(&[2], &[0.0; 2], &stream());
        assert_contains(&message(vector), &["image", "[C, H, W]", "[2]"]);
    }
    let rotation = Rotation::new(1.0, 0.0).unwrap();
    let image = rotation.apply(&[1, 1, 2], &[0.0; 2], &stream());
    assert_contains(&message(image), &["shape [2]", "[1, 1, 2]"]);
}
