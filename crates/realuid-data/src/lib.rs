//! Images, toy distributions and a seeded, resumable loader.
//!
//! A [`Dataset`] is anything that gives example i; [`open`] finds one by its address, and a
//! [`Loader`] turns one into an endless, shuffled sequence of batches of which each can be
//! recomputed on its own. Examples may carry a source beside their data, the other end of a bridge:
//! made from the data by a [`Corruption`], or drawn from another set ([`Unpaired`]).
//!
//! ```
//! use realuid_data::{Coupling, Loader, LoaderConfig, open};
//!
//! let digits = open("digits")?;
//! let config = LoaderConfig { horizontal_flip: false, workers: 2, ..LoaderConfig::new(64, 7) };
//! let mut loader = Loader::new(digits.clone(), config.clone(), 0)?;
//! let batches = loader.by_ref().take(3).collect::<realuid_data::Result<Vec<_>>>()?;
//! assert_eq!(batches[2].data.dims(), [64, 1, 8, 8]);
//!
//! // A run that stopped after two batches continues with the third.
//! let resumed = Loader::new(digits, config, 2)?.next().expect("loaders are endless")?;
//! assert_eq!(resumed.index, 2);
//! assert_eq!(
//!     resumed.data.flatten_all()?.to_vec1::<f32>()?,
//!     batches[2].data.flatten_all()?.to_vec1::<f32>()?,
//! );
//!
//! // A bridge needs pairs: digits, and what they are to be restored from.
//! let pairs = open("digits?source=blur&strength=1.5")?;
//! assert_eq!(pairs.coupling(), Some(Coupling::Paired));
//! let batch = Loader::new(pairs, LoaderConfig::new(64, 7), 0)?.next().expect("loaders are endless")?;
//! assert_eq!(batch.source.expect("it was asked for").dims(), batch.data.dims());
//! # Ok::<(), realuid_data::Error>(())
//! ```

mod batch;
mod byte_images;
mod cifar10;
mod class_weights;
mod corrupted;
mod corruption;
mod dataset;
mod digits;
mod distinct;
mod error;
mod idx;
#[cfg(feature = "images")]
mod image_folder;
mod loader;
mod open;
mod open_source;
mod order;
#[cfg(feature = "parquet")]
mod parquet_column;
#[cfg(feature = "parquet")]
mod parquet_images;
#[cfg(feature = "parquet")]
mod parquet_pages;
#[cfg(feature = "images")]
mod picture;
mod toy;
mod toy_shapes;
mod unpaired;
mod uri;
mod without_classes;

pub use batch::Batch;
pub use byte_images::ByteImages;
pub use cifar10::{Split, open_cifar10};
pub use corrupted::Corrupted;
pub use corruption::{Blur, Corruption, Downsample, Edges, Mask, MaskFill, Noise, Rotation};
pub use dataset::{Coupling, Dataset, Sample};
pub use digits::digits;
pub use distinct::distinct_examples;
pub use error::{Cause, Error, Result};
pub use idx::open_idx;
#[cfg(feature = "images")]
pub use image_folder::{ImageFolder, ImageFolderConfig};
pub use loader::{Loader, LoaderConfig};
pub use open::open;
#[cfg(feature = "images")]
pub use picture::Channels;
pub use toy::{Toy, ToyDataset};
pub use unpaired::Unpaired;
pub use without_classes::WithoutClasses;
