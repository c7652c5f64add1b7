use crate::{Error, Result};

/// Total variation of two distributions over the same K outcomes: half the sum of |p_k - q_k|, in
/// [0, 1]; the largest difference in probability that any event has.
///
/// Errors: another number of outcomes, none at all, values that are negative or not finite or do not
/// add up to 1 (within 1e-6).
pub fn total_variation(p: &[f64], q: &[f64]) -> Result<f64> {
    require_distribution("p", p)?;
    require_distribution("q", q)?;
    if p.len() != q.len() {
        return Err(wrong(
            "q",
            format!("of {} outcomes as p", p.len()),
            q.len().to_string(),
            "give a probability for every outcome, 0 where there is none",
        ));
    }
    Ok(p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0)
}

fn require_distribution(argument: &'static str, values: &[f64]) -> Result<()> {
    if let Some(value) = values.iter().find(|value| !(value.is_finite() && **value >= 0.0)) {
        let advice = "probabilities lie between 0 and 1";
        return Err(wrong(
            argument,
            "made of finite values >= 0".into(),
            value.to_string(),
            advice,
        ));
    }
    // From 0, because an empty sum of floats is -0.
    let sum = 0.0 + values.iter().sum::<f64>();
    if (sum - 1.0).abs() > 1e-6 {
        let advice = "divide relative weights by their sum";
        return Err(wrong(
            argument,
            "a distribution, with the sum 1".into(),
            format!("the sum {sum}"),
            advice,
        ));
    }
    Ok(())
}

fn wrong(argument: &'static str, expected: String, found: String, advice: &'static str) -> Error {
    Error::Argument { operation: "total variation", argument, expected, found, advice }
}
