//! Images, toy distributions and a seeded, resumable loader.
//!
//! A [`Dataset`] is anything that gives example i; [`open`] finds one by its address, and a
//! [`Loader`] turns one into an endless, shuffled sequence of batches of which each can be
//! recomputed on its own.
//!
//! ```
//! use realuid_data::{Loader, LoaderConfig, open};
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
//! # Ok::<(), realuid_data::Error>(())
//! ```

mod batch;
mod byte_images;
mod cifar10;
mod dataset;
mod digits;
mod distinct;
mod error;
mod idx;
#[cfg(feature = "images")]
mod image_folder;
mod loader;
mod open;
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
mod uri;

pub use batch::Batch;
pub use byte_images::ByteImages;
pub use cifar10::{Split, open_cifar10};
pub use dataset::{Dataset, Sample};
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
