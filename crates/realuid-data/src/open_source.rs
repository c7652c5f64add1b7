use std::sync::Arc;

use realuid_ops::RandomStream;

use crate::corruption::{Blur, Corruption, Downsample, Edges, Mask, MaskFill, Noise, Rotation};
use crate::open::toy_points;
use crate::uri::Uri;
use crate::{Corrupted, Dataset, Error, Result, Toy, Unpaired};

/// `data` with the source that the `source=` part of an address names; see [`crate::open`].
pub(crate) fn open_source(data: Arc<dyn Dataset>, uri: &Uri) -> Result<Arc<dyn Dataset>> {
    match uri.scheme {
        "blur" => {
            uri.allow(&["strength"])?;
            corrupt(data, Blur::new(uri.required_number("strength", "1.5")?)?, 0)
        }
        "downsample" => {
            uri.allow(&["factor"])?;
            corrupt(data, Downsample::new(uri.required_number("factor", "2")?)?, 0)
        }
        "edges" => {
            uri.allow(&[])?;
            corrupt(data, Edges, 0)
        }
        "mask" => {
            uri.allow(&["size", "fill", "seed"])?;
            let mask = Mask::new(uri.required_number("size", "4")?, fill(uri)?)?;
            corrupt(data, mask, seed(uri)?)
        }
        "noise" => {
            uri.allow(&["std", "seed"])?;
            corrupt(data, Noise::new(uri.required_number("std", "0.5")?)?, seed(uri)?)
        }
        "rotate" => {
            uri.allow(&["degrees", "std", "seed"])?;
            let std = uri.number("std", "0.5")?.unwrap_or(0.0);
            corrupt(data, Rotation::new(uri.required_number("degrees", "45")?, std)?, seed(uri)?)
        }
        name => match Toy::from_name(name) {
            Some(toy) => unpaired(data, toy, uri),
            None => Err(unknown(uri, name)),
        },
    }
}

fn corrupt(
    data: Arc<dyn Dataset>,
    corruption: impl Corruption + 'static,
    seed: u64,
) -> Result<Arc<dyn Dataset>> {
    Ok(Arc::new(Corrupted::new(data, corruption, seed)?))
}

/// Points of another toy as independent sources.
fn unpaired(data: Arc<dyn Dataset>, toy: Toy, uri: &Uri) -> Result<Arc<dyn Dataset>> {
    let seed = seed(uri)?;
    // A toy and its source must not be made of the same random numbers where both have seed 0.
    let apart = RandomStream::new(seed, "unpaired source toy", 0).word(0);
    let sources = toy_points(toy, uri, apart)?;
    Ok(Arc::new(Unpaired::new(data, Arc::new(sources), seed)?))
}

fn seed(uri: &Uri) -> Result<u64> {
    Ok(uri.number("seed", "1")?.unwrap_or(0))
}

fn fill(uri: &Uri) -> Result<MaskFill> {
    match uri.text("fill") {
        None | Some("grey") => Ok(MaskFill::Grey),
        Some("noise") => Ok(MaskFill::Noise),
        Some(other) => Err(uri.error(format!("unknown fill `{other}`"), "grey or noise")),
    }
}

fn unknown(uri: &Uri, name: &str) -> Error {
    let toys = Toy::ALL.map(Toy::name).join(", ");
    let expected = format!("blur, downsample, edges, mask, noise, rotate, or a toy of {toys}");
    uri.error(format!("unknown source `{name}`"), expected)
}
