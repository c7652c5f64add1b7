use crate::AdamConfig;
use crate::element::Element;

/// The numbers of one step of Adam, the same for every parameter.
#[derive(Clone, Copy)]
pub(crate) struct AdamStep<T> {
    /// What gradients are multiplied by before anything else.
    pub factor: T,
    pub beta1: T,
    /// 1 - beta1.
    pub rest1: T,
    pub beta2: T,
    /// 1 - beta2.
    pub rest2: T,
    pub eps: T,
    /// rate / (1 - beta1^t).
    pub size: T,
    /// sqrt(1 - beta2^t).
    pub root: T,
}

/// What [`AdamStep`] follows from, in full precision.
#[derive(Clone, Copy)]
pub(crate) struct StepSizes {
    pub config: AdamConfig,
    /// t, which counts from 1.
    pub step: u64,
    pub learning_rate: f64,
    /// What gradients are multiplied by before anything else.
    pub factor: f64,
}

impl<T: Element> AdamStep<T> {
    pub fn new(sizes: StepSizes) -> Self {
        let StepSizes { config: AdamConfig { beta1, beta2, eps }, step, learning_rate, factor } =
            sizes;
        // `libm`: the same bits on every machine.
        let correction = |beta: f64| 1.0 - libm::pow(beta, step as f64);
        Self {
            factor: T::from_f64(factor),
            beta1: T::from_f64(beta1),
            rest1: T::from_f64(1.0 - beta1),
            beta2: T::from_f64(beta2),
            rest2: T::from_f64(1.0 - beta2),
            eps: T::from_f64(eps),
            size: T::from_f64(learning_rate / correction(beta1)),
            root: T::from_f64(correction(beta2).sqrt()),
        }
    }

    /// Moves the slice `parameter` and its moments `first` and `second`; all of one length.
    #[inline(always)]
    pub fn apply(self, parameter: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        let moments = first.iter_mut().zip(second);
        for ((p, g), (m, v)) in parameter.iter_mut().zip(gradient).zip(moments) {
            let g = *g * self.factor;
            *m = *m * self.beta1 + g * self.rest1;
            *v = *v * self.beta2 + g * g * self.rest2;
            *p -= self.size * *m / (v.sqrt() / self.root + self.eps);
        }
    }
}
