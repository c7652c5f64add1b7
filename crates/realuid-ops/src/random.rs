use candle_core::{DType, Device, Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::error::argument;
use crate::parallel::chunks;
use crate::philox::philox4x32_10;

/// An immutable source of random values, addressed by (seed, purpose, step).
///
/// Value k of a stream is a pure function of its address and k: asking twice gives the same values,
/// on every machine and for any number of threads.
///
/// # The mapping
/// What another implementation (such as kernels/random.cu) needs to give the same values:
/// * A stream is a 64-bit `key` and a 64-bit `lane`. Block j is Philox4x32-10 (Salmon et al. 2011)
///   of the counter (j low, j high, lane low, lane high) and the key (key low, key high), each 32
///   bits. Its four results r0..r3 make words 2j = r0 + 2^32 r1 and 2j+1 = r2 + 2^32 r3.
/// * Uniform value k: (word k >> 11) 2^-53; as f32, (word k >> 40) 2^-24 (rounded down, so below 1).
/// * Normal values 2j and 2j+1 (Box and Muller 1958): r cos a and r sin a with
///   r = sqrt(-2 ln(1 - uniform 2j)), a = 2 pi uniform 2j+1, in f64, then rounded to the dtype.
/// * The address starts as key = lane = 0 and absorbs 64-bit values one by one: key and lane become
///   words 0 and 1 of Philox with the value as j and key xor 0x9E3779B97F4A7C15 as key. `new` absorbs
///   the seed, the number of bytes of the purpose, its bytes (little-endian, eight at a time, padded
///   with zeros) and the step; `child` absorbs its index. Different addresses meet with probability
///   about 2^-128.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomStream {
    pub(crate) key: u64,
    pub(crate) lane: u64,
}

impl RandomStream {
    /// The stream for one use (`purpose`, such as `"noise"`) at one `step` of the run seeded `seed`.
    pub fn new(seed: u64, purpose: &str, step: u64) -> Self {
        let mut stream = Self { key: 0, lane: 0 }.absorb(seed).absorb(purpose.len() as u64);
        for part in purpose.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..part.len()].copy_from_slice(part);
            stream = stream.absorb(u64::from_le_bytes(bytes));
        }
        stream.absorb(step)
    }

    /// A stream independent of this one and of its other children.
    #[must_use]
    pub fn child(&self, index: u64) -> Self {
        self.absorb(index)
    }

    /// Word k of the stream: 64 uniform random bits.
    pub fn word(&self, k: u64) -> u64 {
        self.block(k / 2)[(k % 2) as usize]
    }

    /// Value k as a number in [0, 1), a multiple of 2^-53.
    pub fn uniform_at(&self, k: u64) -> f64 {
        unit(self.word(k))
    }

    /// Uniform values in [0, 1), `shape`, `dtype` f32 or f64.
    ///
    /// A GPU makes f32, the same bits, and f16 and bf16, which are rounded from f32 to nearest and so
    /// may be 1; f64 is made on the CPU and copied. A CUDA graph that captures this has fixed the
    /// values: draw outside of it.
    pub fn uniform(
        &self,
        shape: impl Into<Shape>,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let shape = shape.into();
        #[cfg(feature = "cuda")]
        if let Some(device) = crate::cuda::random_device(device, dtype) {
            let law = crate::cuda::Law::Uniform;
            return crate::cuda::random(law, [self.key, self.lane], (shape, dtype), device);
        }
        match dtype {
            DType::F32 => self.fill(shape, device, Self::uniform_pair::<f32>),
            DType::F64 => self.fill(shape, device, Self::uniform_pair::<f64>),
            other => Err(wrong_dtype("uniform", other)),
        }
    }

    /// Standard normal values, `shape`, `dtype` f32 or f64.
    ///
    /// A GPU makes f32, f16 and bf16, rounded from f64: the logarithm and the trigonometry are its
    /// own, so values may differ from the CPU's in the last bit. As for [`RandomStream::uniform`], f64
    /// is copied from the CPU, and a graph would fix the values.
    pub fn normal(&self, shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Tensor> {
        let shape = shape.into();
        #[cfg(feature = "cuda")]
        if let Some(device) = crate::cuda::random_device(device, dtype) {
            let law = crate::cuda::Law::Normal;
            return crate::cuda::random(law, [self.key, self.lane], (shape, dtype), device);
        }
        match dtype {
            DType::F32 => self.fill(shape, device, Self::normal_pair::<f32>),
            DType::F64 => self.fill(shape, device, Self::normal_pair::<f64>),
            other => Err(wrong_dtype("normal", other)),
        }
    }

    /// Standard normal values of several streams side by side, `[N, ..shape]`: row i is what
    /// [`RandomStream::normal`] of `streams[i]` gives, on a GPU to the bit too, in one launch for all.
    pub fn normal_of_each(
        streams: &[Self],
        shape: impl Into<Shape>,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let shape = shape.into();
        if streams.is_empty() {
            return Err(argument("RandomStream::normal_of_each", "a stream at least", "none"));
        }
        #[cfg(feature = "cuda")]
        if let Some(device) = crate::cuda::random_device(device, dtype) {
            let addresses: Vec<_> = streams.iter().map(|s| [s.key, s.lane]).collect();
            return crate::cuda::normal_rows(&addresses, (shape, dtype), device);
        }
        let rows = streams.iter().map(|stream| stream.normal(shape.clone(), dtype, device));
        Ok(Tensor::stack(&rows.collect::<Result<Vec<_>>>()?, 0)?)
    }

    /// A uniformly random order of 0..n: Fisher and Yates' shuffle from the last place down, the
    /// partner of place i drawn from 0..=i without bias (Lemire 2019), from words 0, 1, 2, ...
    pub fn permutation(&self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        let mut next = 0;
        for i in (1..n).rev() {
            let j = self.below(i as u64 + 1, &mut next);
            order.swap(i, j as usize);
        }
        order
    }

    /// A uniform number below `bound`, from word `next` on: the high half of word * bound, words
    /// whose low half falls into the 2^64 mod bound surplus values being passed over.
    fn below(&self, bound: u64, next: &mut u64) -> u64 {
        let surplus = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.word(*next)) * u128::from(bound);
            *next += 1;
            if wide as u64 >= surplus {
                return (wide >> 64) as u64;
            }
        }
    }

    fn uniform_pair<T: Element>(words: [u64; 2]) -> [T; 2] {
        words.map(|word| T::from_uniform(unit(word)))
    }

    // `libm` and not the platform's functions: the same bits everywhere.
    fn normal_pair<T: Element>([first, second]: [u64; 2]) -> [T; 2] {
        let radius = (-2.0 * libm::log(1.0 - unit(first))).sqrt();
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * unit(second));
        [T::from_f64(radius * cos), T::from_f64(radius * sin)]
    }

    /// A tensor whose values 2j and 2j+1 are `pair` of block j.
    fn fill<T: Element>(
        &self,
        shape: Shape,
        device: &Device,
        pair: impl Fn([u64; 2]) -> [T; 2] + Sync + Send,
    ) -> Result<Tensor> {
        const CHUNK: usize = 1024; // even: no pair is split
        let mut values = vec![T::zero(); shape.elem_count()];
        chunks(&mut values, CHUNK, CHUNK * 32, |i, values| {
            for (j, values) in values.chunks_mut(2).enumerate() {
                let pair = pair(self.block((i * CHUNK / 2 + j) as u64));
                values.copy_from_slice(&pair[..values.len()]);
            }
        });
        Ok(Tensor::from_vec(values, shape, device)?)
    }

    /// Words 2j and 2j+1.
    fn block(&self, j: u64) -> [u64; 2] {
        let counter = [j as u32, (j >> 32) as u32, self.lane as u32, (self.lane >> 32) as u32];
        let r = philox4x32_10(counter, [self.key as u32, (self.key >> 32) as u32]);
        [u64::from(r[0]) | u64::from(r[1]) << 32, u64::from(r[2]) | u64::from(r[3]) << 32]
    }

    /// The stream addressed by this one's address and one value more.
    fn absorb(&self, value: u64) -> Self {
        // Another key than the one values are drawn with: no child is a value of its parent.
        let apart = Self { key: self.key ^ 0x9E37_79B9_7F4A_7C15, lane: self.lane };
        let [key, lane] = apart.block(value);
        Self { key, lane }
    }
}

fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * 2.0_f64.powi(-53)
}

fn wrong_dtype(operation: &'static str, found: DType) -> crate::Error {
    argument(operation, "dtype F32 or F64", format!("{found:?}"))
}
