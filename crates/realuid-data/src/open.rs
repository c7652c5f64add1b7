use std::path::Path;
use std::sync::Arc;

use crate::uri::Uri;
use crate::{Dataset, Result, Split, Toy, ToyDataset, digits, open_cifar10, open_idx};

/// The data set at an address.
///
/// | address | what it is |
/// |---|---|
/// | `digits` | the handwritten digits embedded in this crate ([`digits()`]) |
/// | `toy:NAME?len=100000&seed=0` | points of a [`Toy`]: `8-gaussians`, `moons`, `checkerboard`, `spiral`, `pinwheel` |
/// | `idx:IMAGES,LABELS` | an IDX file ([`open_idx`]); `,LABELS` may be left out |
/// | `cifar10:PATH?split=train` | CIFAR-10 ([`crate::open_cifar10`]); `split` is `train` (unless said otherwise) or `test` |
/// | `folder:PATH?size=64&channels=3` | the images below a folder ([`crate::ImageFolder`]); without `size` they must be of one size |
///
/// Errors: an unknown scheme, parameter or value, each listing what is known; and whatever opening
/// the data finds wrong.
pub fn open(uri: &str) -> Result<Arc<dyn Dataset>> {
    let uri = Uri::parse(uri)?;
    match uri.scheme {
        "digits" => open_digits(&uri),
        "toy" => open_toy(&uri),
        "idx" => open_idx_uri(&uri),
        "cifar10" => open_cifar10_uri(&uri),
        "folder" => open_folder(&uri),
        scheme => {
            const KNOWN: &str =
                "digits, toy:NAME, idx:IMAGES[,LABELS], cifar10:PATH or folder:PATH";
            Err(uri.error(format!("unknown scheme `{scheme}`"), KNOWN))
        }
    }
}

fn open_digits(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&[])?;
    if !uri.path.is_empty() {
        return Err(uri.error(format!("unknown digits `{}`", uri.path), "`digits` alone"));
    }
    Ok(Arc::new(digits()?))
}

fn open_toy(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&["len", "seed"])?;
    let Some(toy) = Toy::from_name(uri.path) else {
        let known = Toy::ALL.map(Toy::name).join(", ");
        return Err(uri.error(format!("unknown toy `{}`", uri.path), format!("one of {known}")));
    };
    let len = uri.number("len")?.unwrap_or(100_000);
    Ok(Arc::new(ToyDataset::new(toy, len, uri.number("seed")?.unwrap_or(0))))
}

fn open_idx_uri(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&[])?;
    let path = uri.required_path("idx:IMAGES[,LABELS]")?;
    let (images, labels) = match path.split_once(',') {
        Some((images, labels)) => (images, Some(Path::new(labels))),
        None => (path, None),
    };
    Ok(Arc::new(open_idx(Path::new(images), labels)?))
}

fn open_cifar10_uri(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    uri.allow(&["split"])?;
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

    uri.allow(&["size", "channels"])?;
    let path = uri.required_path("folder:PATH?size=64")?;
    let channels = match uri.text("channels") {
        Some("1") => Channels::Grey,
        None | Some("3") => Channels::Colour,
        Some(other) => return Err(uri.error(format!("`channels={other}`"), "1 or 3 channels")),
    };
    let config = ImageFolderConfig { size: uri.number("size")?, channels };
    Ok(Arc::new(ImageFolder::open(Path::new(path), config)?))
}

#[cfg(not(feature = "images"))]
fn open_folder(uri: &Uri) -> Result<Arc<dyn Dataset>> {
    let expected = "a build of realuid-data with the feature `images`";
    Err(uri.error("folders of images are not in this build".into(), expected))
}
