/// What a convolution reads: made from `values` on the way in, never stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a, T> {
    /// [batch, rows, columns, channels] at `resolution`.
    pub values: &'a [T],
    /// What becomes of them before they are repeated and padded.
    pub prologue: Option<Prologue<'a, T>>,
    /// Resolution of `values`; from half resolution they are repeated (nearest upsampling).
    pub resolution: Resolution,
}

/// silu(value * scale + shift): a group norm whose statistics are folded into two factors, and the
/// SiLU after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prologue<'a, T> {
    /// [batch, channels].
    pub scale: &'a [T],
    /// [batch, channels].
    pub shift: &'a [T],
}

/// How the resolution of the values relates to that of the convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// The same.
    Full,
    /// Half in both directions: each value stands for a block of 2x2 pixels.
    Half,
}

/// What is added to the result of a convolution on the way out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epilogue<'a, T> {
    /// [filters].
    pub bias: Option<&'a [T]>,
    /// [batch, filters].
    pub per_image: Option<&'a [T]>,
    /// [batch, height, width, filters].
    pub residual: Option<&'a [T]>,
}

impl<'a, T> Source<'a, T> {
    /// Images as they are.
    pub fn plain(values: &'a [T]) -> Self {
        Self { values, prologue: None, resolution: Resolution::Full }
    }

    /// Panics if a slice does not fit `batch` images of `pixels` pixels, those of the convolution.
    pub fn check(&self, batch: usize, pixels: usize, channels: usize) {
        assert_eq!(self.values.len(), batch * self.resolution.pixels(pixels) * channels, "values");
        if let Some(Prologue { scale, shift }) = &self.prologue {
            assert_eq!(scale.len(), batch * channels, "scale");
            assert_eq!(shift.len(), batch * channels, "shift");
        }
    }
}

impl Resolution {
    /// Pixels of the convolution to one of the values, in one direction.
    pub fn factor(self) -> usize {
        match self {
            Self::Full => 1,
            Self::Half => 2,
        }
    }

    /// Values to an image of the convolution of `pixels` pixels.
    pub fn pixels(self, pixels: usize) -> usize {
        pixels / (self.factor() * self.factor())
    }
}

impl<T> Epilogue<'_, T> {
    /// Adds nothing.
    pub const NOTHING: Self = Self { bias: None, per_image: None, residual: None };
}
