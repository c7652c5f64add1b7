use crate::element::Element;
use crate::error::argument;
use crate::{Conv2dConfig, Result};

/// All sizes of one two-dimensional convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub batch: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub filters: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    pub out_height: usize,
    pub out_width: usize,
}

impl Geometry {
    /// Checks x [B, C, H, W] against weight [O, C, K, K].
    pub fn new(x: &[usize], weight: &[usize], config: Conv2dConfig) -> Result<Self> {
        let refuse = |expected: &str| {
            let found = format!("x {x:?}, weight {weight:?}, {config:?}");
            Err(argument("conv2d", expected, found))
        };
        let (&[batch, channels, height, width], &[filters, inputs, kernel, kernel_width]) =
            (x, weight)
        else {
            return refuse("x [B, C, H, W] and weight [O, C, K, K]");
        };
        if inputs != channels || kernel != kernel_width {
            return refuse("a square weight [O, C, K, K] with the channels of x");
        }
        if x.contains(&0) || weight.contains(&0) || config.stride == 0 {
            return refuse("no axis of length 0 and a stride of at least 1");
        }
        let Conv2dConfig { stride, padding } = config;
        if height.min(width) + 2 * padding < kernel {
            return refuse("an image, with its padding, no smaller than the kernel");
        }
        let out = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        let (out_height, out_width) = (out(height), out(width));
        Ok(Self {
            batch,
            channels,
            height,
            width,
            filters,
            kernel,
            stride,
            padding,
            out_height,
            out_width,
        })
    }

    /// Pixels of one input plane.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Pixels of one output plane.
    pub fn positions(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Taps of one filter over all channels: C K K.
    pub fn taps(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    /// Whether the matrix of patches is the image itself.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1 && self.padding == 0
    }

    /// Images whose patches are multiplied together, so that small images still fill a product.
    ///
    /// Depends on the sizes only, never on the machine: it decides the order of sums.
    pub fn group(&self) -> usize {
        const COLUMNS: usize = 256;
        (COLUMNS / self.positions()).clamp(1, self.batch)
    }

    /// Calls `visit(patch, image, length)` for every run of a row of patches that lies inside the
    /// image, for tap (`ky`, `kx`) of one plane; `patch` and `image` are the runs' first indices,
    /// and the image advances by `stride`. What is not visited lies in the padding.
    fn runs(&self, ky: usize, kx: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let first = self.padding.saturating_sub(kx).div_ceil(self.stride);
        let beyond = (self.width + self.padding).saturating_sub(kx).div_ceil(self.stride);
        let last = beyond.min(self.out_width);
        if first >= last {
            return;
        }
        for y in 0..self.out_height {
            let row = y * self.stride + ky;
            if row < self.padding || row >= self.height + self.padding {
                continue;
            }
            let image = (row - self.padding) * self.width + first * self.stride + kx - self.padding;
            visit(y * self.out_width + first, image, last - first);
        }
    }

    /// Copies the patches of `channels` planes of `image` into `columns`: tap (c, ky, kx) is row
    /// (c K + ky) K + kx, `row_length` apart; output positions run along the row from `offset`.
    pub fn gather<T: Element>(&self, image: &[T], out: Patches<'_, T>) {
        let Patches { columns, row_length, offset } = out;
        let taps = self.kernel * self.kernel;
        for (row, out) in columns.chunks_exact_mut(row_length).enumerate() {
            let plane = &image[row / taps * self.pixels()..][..self.pixels()];
            let out = &mut out[offset..offset + self.positions()];
            if self.padding > 0 {
                out.fill(T::zero());
            }
            let (ky, kx) = (row % taps / self.kernel, row % self.kernel);
            self.runs(ky, kx, |patch, first, length| {
                let out = &mut out[patch..patch + length];
                if self.stride == 1 {
                    out.copy_from_slice(&plane[first..first + length]);
                } else {
                    let values = plane[first..].iter().step_by(self.stride);
                    out.iter_mut().zip(values).for_each(|(out, value)| *out = *value);
                }
            });
        }
    }

    /// The adjoint of [`Geometry::gather`]: adds every patch value to the pixel it came from.
    pub fn scatter<T: Element>(
        &self,
        columns: &[T],
        row_length: usize,
        offset: usize,
        image: &mut [T],
    ) {
        let taps = self.kernel * self.kernel;
        for (row, values) in columns.chunks_exact(row_length).enumerate() {
            let plane = &mut image[row / taps * self.pixels()..][..self.pixels()];
            let values = &values[offset..offset + self.positions()];
            let (ky, kx) = (row % taps / self.kernel, row % self.kernel);
            self.runs(ky, kx, |patch, first, length| {
                let values = &values[patch..patch + length];
                if self.stride == 1 {
                    let pixels = plane[first..first + length].iter_mut();
                    pixels.zip(values).for_each(|(pixel, value)| *pixel += *value);
                } else {
                    let pixels = plane[first..].iter_mut().step_by(self.stride);
                    pixels.zip(values).for_each(|(pixel, value)| *pixel += *value);
                }
            });
        }
    }
}

/// Where [`Geometry::gather`] writes: a matrix of rows `row_length` long, from column `offset`.
pub(crate) struct Patches<'a, T> {
    pub columns: &'a mut [T],
    pub row_length: usize,
    pub offset: usize,
}
