use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use image::DynamicImage;
use image::imageops::FilterType;

use crate::dataset::check_index;
use crate::picture::{LONGEST_SIDE, decode, to_sample};
use crate::{Channels, Dataset, Error, Result, Sample};

/// The images (jpg, png, webp) in a folder and all folders below it, in the order of their paths.
///
/// When they lie in sub-folders, the class of an image is the index of its first-level sub-folder
/// among those that hold images, in the order of their names. Names that start with a dot are
/// skipped. Images are decoded when asked for.
#[derive(Clone, Debug)]
pub struct ImageFolder {
    config: ImageFolderConfig,
    images: Vec<(PathBuf, Option<u32>)>,
    class_count: Option<u32>,
}

/// What an [`ImageFolder`] makes of its images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageFolderConfig {
    /// Height and width in pixels: the central square is resized to it (Lanczos, antialiased).
    /// `None` leaves images as they are, so they must be of one size.
    pub size: Option<u32>,
    /// Grey or colour, whatever the files hold.
    pub channels: Channels,
}

impl ImageFolder {
    /// Finds the images below `root`. None are decoded yet.
    ///
    /// Errors: an unreadable folder, no images, some images in sub-folders and some not, a size
    /// that is not in 1..=16384.
    pub fn open(root: &Path, config: ImageFolderConfig) -> Result<Self> {
        if let Some(size) = config.size.filter(|size| !(1..=LONGEST_SIDE).contains(size)) {
            return Err(Error::Argument {
                operation: "opening a folder of images",
                expected: format!("a size from 1 to {LONGEST_SIDE} pixels"),
                found: size.to_string(),
            });
        }
        let paths = find_images(root)?;
        let folders: Vec<Option<&OsStr>> =
            paths.iter().map(|path| sub_folder(root, path)).collect();
        let names: BTreeSet<&OsStr> = folders.iter().copied().flatten().collect();
        if let Some(loose) = folders.iter().position(Option::is_none).filter(|_| !names.is_empty())
        {
            let expected = "all images in sub-folders, which are the classes, or none";
            let found = format!("sub-folders, and {} outside them", paths[loose].display());
            return Err(Error::format(root, expected, found));
        }
        let names: Vec<&OsStr> = names.into_iter().collect();
        let class = |folder: &OsStr| names.binary_search(&folder).ok().map(|class| class as u32);
        let classes: Vec<_> = folders.into_iter().map(|folder| folder.and_then(class)).collect();
        let class_count = (!names.is_empty()).then_some(names.len() as u32);
        Ok(Self { config, images: paths.into_iter().zip(classes).collect(), class_count })
    }
}

impl Dataset for ImageFolder {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn get(&self, index: usize) -> Result<Sample> {
        check_index(index, self.len())?;
        let (path, class) = &self.images[index];
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let image = decode(&bytes, self.config.channels, path.display())?;
        let image = match self.config.size {
            Some(size) => resize_square(&image, size),
            None => image,
        };
        Ok(to_sample(image, *class))
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        check_index(index, self.len())?;
        Ok(self.images[index].1)
    }

    fn class_count(&self) -> Option<u32> {
        self.class_count
    }
}

/// The central square, resized. Cropped first, so that a very long image does not become a huge
/// one on the way; away from the crop's edges this equals resizing the shorter side first.
fn resize_square(image: &DynamicImage, size: u32) -> DynamicImage {
    let (width, height) = (image.width(), image.height());
    let side = width.min(height);
    let square = image.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    if side == size { square } else { square.resize_exact(size, size, FilterType::Lanczos3) }
}

/// Name of the sub-folder of `root` that `path` lies in.
fn sub_folder<'a>(root: &Path, path: &'a Path) -> Option<&'a OsStr> {
    let mut inside = path.strip_prefix(root).ok()?.components();
    let first = inside.next()?;
    inside.next().map(|_| first.as_os_str())
}

fn find_images(root: &Path) -> Result<Vec<PathBuf>> {
    let mut images = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    // Links between folders may lead back to where one has been.
    let mut seen = HashSet::new();
    while let Some(folder) = pending.pop() {
        if !seen.insert(folder.canonicalize().map_err(Error::read(&folder))?) {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(Error::read(&folder))? {
            let path = entry.map_err(Error::read(&folder))?.path();
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                continue;
            }
            let kind = std::fs::metadata(&path).map_err(Error::read(&path))?;
            if kind.is_dir() {
                pending.push(path);
            } else if is_image(&path) {
                images.push(path);
            }
        }
    }
    if images.is_empty() {
        let expected = format!("images ending in {}", EXTENSIONS.join(", "));
        return Err(Error::format(root, expected, "none"));
    }
    images.sort_unstable();
    Ok(images)
}

const EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}
