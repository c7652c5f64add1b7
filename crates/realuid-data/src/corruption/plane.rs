use crate::{Error, Result};

/// One channel of an image, continued beyond its borders by reflection: `c b a | a b c | c b a`.
pub(crate) struct Plane {
    pub(crate) height: usize,
    pub(crate) width: usize,
    values: Vec<f64>,
}

/// The shape `[C, H, W]` of images, or an error that names the `operation`.
pub(crate) fn image_shape(operation: &'static str, shape: &[usize]) -> Result<[usize; 3]> {
    match *shape {
        [channels, height, width] if height > 0 && width > 0 => Ok([channels, height, width]),
        _ => Err(Error::Argument {
            operation,
            expected: "images of shape [C, H, W]".into(),
            found: format!("examples of shape {shape:?}"),
        }),
    }
}

/// `change` of every channel of an image, values of `shape` `[C, H, W]`; another shape is an error
/// that names the `operation`.
pub(crate) fn map_planes(
    operation: &'static str,
    shape: &[usize],
    data: &[f32],
    change: impl Fn(&Plane) -> Plane,
) -> Result<Vec<f32>> {
    let [_, height, width] = image_shape(operation, shape)?;
    let mut changed = Vec::with_capacity(data.len());
    for channel in data.chunks_exact(height * width) {
        let values = channel.iter().copied().map(f64::from).collect();
        let plane = change(&Plane { height, width, values });
        changed.extend(plane.values.into_iter().map(|value| value as f32));
    }
    Ok(changed)
}

impl Plane {
    /// The value at a place, which may lie outside.
    pub(crate) fn at(&self, row: isize, column: isize) -> f64 {
        let (row, column) = (reflect(row, self.height), reflect(column, self.width));
        self.values[row * self.width + column]
    }

    /// The plane of the same size whose value at (row, column) is `value(row, column)`.
    pub(crate) fn map(&self, value: impl Fn(isize, isize) -> f64) -> Self {
        let (height, width) = (self.height, self.width);
        let places = (0..height as isize)
            .flat_map(|row| (0..width as isize).map(move |column| (row, column)));
        let values = places.map(|(row, column)| value(row, column)).collect();
        Self { height, width, values }
    }
}

/// The place in `0..len` that `position` is a reflection of.
fn reflect(position: isize, len: usize) -> usize {
    let inside = position.rem_euclid(2 * len as isize) as usize;
    inside.min(2 * len - 1 - inside)
}

#[cfg(test)]
mod tests {
    use super::reflect;

    #[test]
    fn reflection_repeats_the_border() {
        let found: Vec<usize> = (-7..8).map(|position| reflect(position, 3)).collect();
        assert_eq!(found, [0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
        assert_eq!([-3, 0, 5].map(|position| reflect(position, 1)), [0, 0, 0]);
    }
}
