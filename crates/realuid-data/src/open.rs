use std::path::Path;
use std::sync::Arc;

use crate::uri::Uri;
use crate::{Dataset, Result, Toy, ToyDataset, digits, open_idx};

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
