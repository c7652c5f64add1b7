use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{ByteImages, Error, Result};

/// Most bytes an IDX file may hold, so that a small compressed file cannot fill the memory.
const MOST_BYTES: u64 = 1 << 32;

/// Images from a file in the IDX format of MNIST (unsigned bytes, `[N, H, W]`), with classes if
/// the file of labels (`[N]`) is given. Each may be compressed with gzip; the content decides.
///
/// Samples have shape `[1, H, W]`. Errors: unreadable files, anything but whole IDX files of at
/// most 4 GiB, another number of labels than of images.
pub fn open_idx(images: &Path, labels: Option<&Path>) -> Result<ByteImages> {
    let ([count, height, width], pixels) = read_images(open(images)?, images)?;
    if height == 0 || width == 0 {
        return Err(Error::format(images, "images of at least one pixel", "an axis of length 0"));
    }
    let Some(labels) = labels else {
        return ByteImages::new([1, height, width], pixels, None);
    };
    let classes = read_labels(open(labels)?, labels)?;
    if classes.len() != count {
        let expected = format!("{count} labels, one for each image of {}", images.display());
        return Err(Error::format(labels, expected, classes.len().to_string()));
    }
    ByteImages::new([1, height, width], pixels, Some(classes))
}

/// Reads images: `[N, H, W]` and the bytes.
pub(crate) fn read_images(bytes: impl Read, place: &Path) -> Result<([usize; 3], Vec<u8>)> {
    read(bytes, place)
}

/// Reads labels, one byte each.
pub(crate) fn read_labels(bytes: impl Read, place: &Path) -> Result<Vec<u8>> {
    let ([_], labels) = read(bytes, place)?;
    Ok(labels)
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(Error::read(path))?;
    Ok(BufReader::new(file))
}

/// Reads an IDX file of `RANK` axes of unsigned bytes, through gzip if it starts with its mark.
fn read<const RANK: usize>(bytes: impl Read, place: &Path) -> Result<([usize; RANK], Vec<u8>)> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let mut bytes = bytes;
    let mark: [u8; 2] = read_array(&mut bytes, place, "the first two bytes")?;
    let whole = Cursor::new(mark).chain(bytes);
    if mark == GZIP { parse(MultiGzDecoder::new(whole), place) } else { parse(whole, place) }
}

fn parse<const RANK: usize>(bytes: impl Read, place: &Path) -> Result<([usize; RANK], Vec<u8>)> {
    const UNSIGNED_BYTE: u8 = 8;
    let mut bytes = bytes;
    let magic: [u8; 4] = read_array(&mut bytes, place, "an IDX header")?;
    let right = [0, 0, UNSIGNED_BYTE, RANK as u8];
    if magic != right {
        let expected =
            format!("an IDX file of unsigned bytes with {RANK} axes, starting {right:?}");
        return Err(Error::format(place, expected, format!("{magic:?}")));
    }
    let mut axes = [0_usize; RANK];
    for axis in &mut axes {
        let length: [u8; 4] = read_array(&mut bytes, place, "the length of an axis")?;
        *axis = u32::from_be_bytes(length) as usize;
    }
    let size = axes.iter().try_fold(1_u64, |size, &axis| size.checked_mul(axis as u64));
    let Some(size) = size.filter(|&size| size <= MOST_BYTES) else {
        let expected = format!("at most {MOST_BYTES} bytes of data");
        return Err(Error::format(place, expected, format!("a header that claims {axes:?}")));
    };
    let mut data = Vec::new();
    // One byte more than claimed, to notice what lies beyond. The vector grows with what is really
    // there, whatever the header claims.
    bytes.take(size + 1).read_to_end(&mut data).map_err(Error::read(place))?;
    if data.len() as u64 != size {
        let found = if data.len() as u64 > size { "more".into() } else { data.len().to_string() };
        return Err(Error::format(place, format!("{size} bytes of data for {axes:?}"), found));
    }
    Ok((axes, data))
}

fn read_array<const N: usize>(bytes: &mut impl Read, place: &Path, what: &str) -> Result<[u8; N]> {
    let mut array = [0; N];
    bytes.read_exact(&mut array).map_err(|source| match source.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::format(place, what, "the end of the file"),
        _ => Error::read(place)(source),
    })?;
    Ok(array)
}
