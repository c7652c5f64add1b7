use super::Conv2dConfig;
use crate::Result;
use crate::error::argument;

/// All sizes of one two-dimensional convolution, at its own resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Geometry {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub filters: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    pub out_height: usize,
    pub out_width: usize,
}

impl Geometry {
    /// Checks x [B, H, W, C] against weight [O, C, K, K].
    pub fn new(x: &[usize], weight: &[usize], config: Conv2dConfig) -> Result<Self> {
        let refuse = |expected: &str| {
            let found = format!("x {x:?}, weight {weight:?}, {config:?}");
            Err(argument("conv2d", expected, found))
        };
        let (&[batch, height, width, channels], &[filters, inputs, kernel, kernel_width]) =
            (x, weight)
        else {
            return refuse("x [B, H, W, C] and weight [O, C, K, K]");
        };
        if inputs != channels || kernel != kernel_width {
            return refuse("a square weight [O, C, K, K] with the channels of x");
        }
        if x.contains(&0) || weight.contains(&0) || config.stride == 0 {
            return refuse("no axis of length 0 and a stride of at least 1");
        }
        let Conv2dConfig { stride, padding } = config;
        if padding > MOST_PADDING {
            return refuse("a padding of at most 65,536 pixels");
        }
        if height.min(width) + 2 * padding < kernel {
            return refuse("an image, with its padding, no smaller than the kernel");
        }
        let out = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        let (out_height, out_width) = (out(height), out(width));
        Ok(Self {
            batch,
            height,
            width,
            channels,
            filters,
            kernel,
            stride,
            padding,
            out_height,
            out_width,
        })
    }

    /// Pixels of an output image.
    pub fn pixels_out(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Output positions in the whole batch.
    pub fn positions(&self) -> usize {
        self.batch * self.pixels_out()
    }

    /// Elements of a patch: [channels, kernel, kernel].
    pub fn patch(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }
}

/// More would be a mistake, and much more could not be counted.
const MOST_PADDING: usize = 1 << 16;
