use serde::Serialize;

/// What one execution of a workload costs at least, where that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Floating-point operations of the direct algorithm: a multiplication and an addition are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flops: Option<f64>,
    /// Bytes that must be read and written, each operand and each result once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
}

impl Cost {
    /// Of work that computes more than it moves.
    pub fn flops(flops: f64) -> Self {
        Self { flops: Some(flops), bytes: None }
    }

    /// Of work that moves more than it computes.
    pub fn bytes(bytes: f64) -> Self {
        Self { flops: None, bytes: Some(bytes) }
    }
}
