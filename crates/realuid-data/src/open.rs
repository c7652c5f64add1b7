use std::path::Path;
use std::sync::Arc;

use crate::open_source::open_source;
use crate::uri::Uri;
use crate::{
    Dataset, Result, Split, Toy, ToyDataset, WithoutClasses, digits, open_cifar10, open_idx,
};

/// The data set at an address.
///
/// | address | what it is |
/// |---|---|
/// | `digits` | the handwritten digits embedded in this crate ([`digits()`]) |
/// | `toy:NAME?len=100000&seed=0` | points of a [`Toy`]: `8-gaussians`, `moons`, `checkerboard`, `spiral`, `pinwheel`; `weights=0,0.5,1,..` gives the relative weight of each class ([`ToyDataset::with_weights`]) |
/// | `idx:IMAGES,LABELS` | an IDX file ([`open_idx`]); `,LABELS` may be left out |
/// | `cifar10:PATH?split=train` | CIFAR-10 ([`crate::open_cifar10`]); `split` is `train` (unless said otherwise) or `test` |
/// | `folder:PATH?size=64&channels=3` | the images below a folder ([`crate::ImageFolder`]); without `size` they must be of one size |
///
/// Every one but the toys takes `without=7` or `without=2,7`: classes to hold back
/// ([`WithoutClasses`]).
///
/// Every one takes `source=NAME` as the last of its own parameters: the other end of a bridge.
/// Parameters after it are the source's. From the data themselves
/// ([`Corrupted`](crate::Corrupted), [`Coupling::Paired`](crate::Coupling::Paired)), of which the
/// random ones take a `seed` (0):
///
/// | source | what it is |
/// |---|---|
/// | `source=blur&strength=1.5` | images blurred ([`Blur`](crate::Blur)) |
/// | `source=downsample&factor=2` | images at a lower resolution ([`Downsample`](crate::Downsample)) |
/// | `source=edges` | the edges of images ([`Edges`](crate::Edges)) |
/// | `source=mask&size=4&fill=grey` | images with a square hole ([`Mask`](crate::Mask)); `fill` is `grey` (unless said otherwise) or `noise` |
/// | `source=noise&std=0.5` | images or vectors with Gaussian noise ([`Noise`](crate::Noise)) |
/// | `source=rotate&degrees=45&std=0` | points of the plane turned and noised ([`Rotation`](crate::Rotation)) |
///
/// From elsewhere ([`Unpaired`](crate::Unpaired),
/// [`Coupling::Independent`](crate::Coupling::Independent)): `source=NAME` with the name and the
/// parameters of a toy, for data of shape `[2]`.
///
/// Errors: an unknown scheme, parameter or value, each listing what is known; and whatever opening
/// the data finds wrong.
pub fn open(uri: &str) -> Result<Arc<dyn Dataset>> {
    let uri = Uri::parse(uri)?;
    let mut data = open_data(&uri)?;
    if let Some(classes) = uri.numbers("without", "7")? {
        data = Arc::new(WithoutClasses::new(data, &classes)?);
    }
    match &uri.source {
        Some(source) => open_source(data, source),
        None => Ok(data),
    }
}

fn open_data(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    match uri.scheme {
        "digits" => open_digits(uri),
        "toy" => open_toy(uri),
        "idx" => open_idx_uri(uri),
        "cifar10" => open_cifar10_uri(uri),
        "folder" => open_folder(uri),
        scheme => {
            const KNOWN: &str =
                "digits, toy:NAME, idx:IMAGES[,LABELS], cifar10:PATH or folder:PATH";
            Err(uri.error(format!("unknown scheme `{scheme}`"), KNOWN))
        }
    }
}

fn open_digits(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&["without"])?;
    if !uri.path.is_empty() {
        return Err(uri.error(format!("unknown digits `{}`", uri.path), "`digits` alone"));
    }
    Ok(Arc::new(digits()?))
}

fn open_toy(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    let Some(toy) = Toy::from_name(uri.path) else {
        let known = Toy::ALL.map(Toy::name).join(", ");
        return Err(uri.error(format!("unknown toy `{}`", uri.path), format!("one of {known}")));
    };
    let seed = uri.number("seed", "1")?.unwrap_or(0);
    Ok(Arc::new(toy_points(toy, uri, seed)?))
}

/// Points of `toy` as the parameters of an address say, but for the `seed`.
pub(crate) fn toy_points(toy: Toy, uri: &Uri, seed: u64) -> Result<ToyDataset> {
    uri.allow(&["len", "seed", "weights"])?;
    let points = ToyDataset::new(toy, uri.number("len", "1000")?.unwrap_or(100_000), seed);
    match uri.numbers::<f64>("weights", "0,0.5,1,1")? {
        Some(weights) => points.with_weights(&weights),
        None => Ok(points),
    }
}

fn open_idx_uri(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&["without"])?;
    let path = uri.required_path("idx:IMAGES[,LABELS]")?;
    let (images, labels) = match path.split_once(',') {
        Some((images, labels)) => (images, Some(Path::new(labels))),
        None => (path, None),
    };
    Ok(Arc::new(open_idx(Path::new(images), labels)?))
}

fn open_cifar10_uri(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&["split", "without"])?;
    let path = uri.required_path("cifar10:PATH?split=train")?;
    let split = match uri.text("split") {
        None => None,
        Some("train") => Some(Split::Train),
        Some("test") => Some(Split::Test),
        Some(other) => return Err(uri.error(format!("unknown split `{other}`"), "train or test")),
    };
    open_cifar10(Path::new(path), split)
}

#[cfg(feature = "images")]
fn open_folder(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    use crate::{Channels, ImageFolder, ImageFolderConfig};

    uri.allow(&["size", "channels", "without"])?;
    let path = uri.required_path("folder:PATH?size=64")?;
    let channels = match uri.text("channels") {
        Some("1") => Channels::Grey,
        None | Some("3") => Channels::Colour,
        Some(other) => return Err(uri.error(format!("`channels={other}`"), "1 or 3 channels")),
    };
    let config = ImageFolderConfig { size: uri.number("size", "64")?, channels };
    Ok(Arc::new(ImageFolder::open(Path::new(path), config)?))
}

#[cfg(not(feature = "images"))]
fn open_folder(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    let expected = "a build of realuid-data with the feature `images`";
    Err(uri.error("folders of images are not in this build".into(), expected))
}
