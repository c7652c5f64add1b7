use std::io::Cursor;
use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage};
use realuid_data::{Channels, Dataset, ImageFolder, ImageFolderConfig, Result, open};

use crate::{assert_contains, message, scaled};

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A plain image of one colour.
fn plain(width: u32, height: u32, colour: [u8; 3]) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb(colour)).into()
}

fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    encode(&plain(width, height, colour), ImageFormat::Png)
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn open_folder(root: &Path, size: Option<u32>) -> Result<ImageFolder> {
    ImageFolder::open(root, ImageFolderConfig { size, channels: Channels::Colour })
}

#[test]
fn images_come_sorted_with_the_class_of_their_folder() {
    let dim = |level| png(4, 4, [level; 3]);
    let folder = folder(&[
        ("dogs/b.png", &dim(40)),
        ("dogs/a/z.PNG", &dim(30)),
        ("cats/c.png", &dim(20)),
        ("birds/notes.txt", b"no images here"),
        (".hidden/d.png", &dim(99)),
        ("emus/.e.png", &dim(99)),
        ("emus/e.png", &dim(50)),
    ]);
    let set = open_folder(folder.path(), None).unwrap();
    let seen: Vec<(f32, u32)> = (0..set.len())
        .map(|i| set.get(i).unwrap())
        .map(|sample| (sample.values[0], sample.class.unwrap()))
        .collect();
    assert_eq!(seen, [(20, 0), (30, 1), (40, 1), (50, 2)].map(|(v, c)| (scaled(v), c)));
    assert_eq!(set.class_count(), Some(3));
}

#[test]
fn images_without_sub_folders_have_no_class() {
    let files = folder(&[("a.png", &png(2, 3, [1, 2, 3]))]);
    let sample = open_folder(files.path(), None).unwrap().get(0).unwrap();
    assert_eq!((sample.shape.as_slice(), sample.class), ([3, 3, 2].as_slice(), None));
    let channel = |level| [scaled(level); 6];
    assert_eq!(sample.values, [channel(1), channel(2), channel(3)].concat());
    let mixed = folder(&[("a.png", &png(2, 2, [0; 3])), ("x/b.png", &png(2, 2, [0; 3]))]);
    assert_contains(&message(open_folder(mixed.path(), None)), &["sub-folders", "a.png"]);
}

#[test]
fn jpg_and_webp_are_read_and_grey_is_luminance() {
    let red = plain(16, 16, [200, 0, 0]);
    let jpg = encode(&red, ImageFormat::Jpeg);
    let webp = encode(&red, ImageFormat::WebP);
    let grey16: DynamicImage = image::ImageBuffer::from_pixel(16, 16, Luma([50 * 257_u16])).into();
    let grey = encode(&grey16, ImageFormat::Png);
    let folder = folder(&[("a.jpg", &jpg), ("b.webp", &webp), ("c.jpeg", &jpg), ("d.png", &grey)]);
    let open = |channels| open(&format!("folder:{}?channels={channels}", folder.path().display()));
    let (colour, grey) = (open(3).unwrap(), open(1).unwrap());
    for i in 0..3 {
        let near = |value: f32, byte: f32| (value - (byte / 127.5 - 1.0)).abs() < 0.03;
        let sample = colour.get(i).unwrap();
        assert!(near(sample.values[0], 200.0) && near(sample.values[256], 0.0));
        let sample = grey.get(i).unwrap();
        assert_eq!(sample.shape, [1, 16, 16]);
        // Luminance of Rec. 709: 0.2126 of red.
        assert!(near(sample.values[0], 42.5), "{}", sample.values[0]);
    }
    assert_eq!(colour.get(3).unwrap().values, vec![scaled(50); 3 * 256]);
}

/// Made with Pillow 12: `fromarray(a).crop((4, 0, 16, 12)).resize((5, 5), LANCZOS)`, first channel.
const PILLOW: [u8; 25] = [
    124, 98, 133, 124, 119, 114, 142, 148, 146, 129, 107, 124, 150, 130, 138, 107, 123, 92, 118,
    124, 139, 126, 93, 145, 91,
];

#[test]
fn the_central_square_is_resized_as_pillow_does() {
    let rough = RgbImage::from_fn(20, 12, |x, y| {
        Rgb([0, 90, 180].map(|c| ((37 * y + 11 * x * x + 5 * x * y + c) % 256) as u8))
    });
    let turned = image::imageops::rotate90(&rough);
    let [wide, tall] = [rough, turned].map(|image| encode(&image.into(), ImageFormat::Png));
    let folder = folder(&[("a.png", &wide), ("b.png", &tall)]);
    let set = open_folder(folder.path(), Some(5)).unwrap();
    let [wide, tall] = [0, 1].map(|i| set.get(i).unwrap());
    assert_eq!(wide.shape, [3, 5, 5]);
    for (at, byte) in PILLOW.into_iter().enumerate() {
        let found = (wide.values[at] + 1.0) * 127.5;
        assert!((found - f32::from(byte)).abs() < 1.6, "{found} for {byte} at {at}");
        // A quarter turn of the picture turns the result.
        let (row, column) = (at / 5, at % 5);
        let turned = (tall.values[column * 5 + 4 - row] + 1.0) * 127.5;
        assert!((turned - f32::from(byte)).abs() < 1.6, "{turned} for {byte} at {at}, turned");
    }
}

#[test]
fn any_proportions_give_the_size_asked_for() {
    let long = png(1, 9000, [7; 3]);
    let folder = folder(&[
        ("a.png", &long),
        ("b.png", &png(5, 4, [7; 3])),
        ("c.png", &png(64, 64, [7; 3])),
        ("d.png", &png(301, 77, [7; 3])),
    ]);
    let set = open(&format!("folder:{}?size=64", folder.path().display())).unwrap();
    for i in 0..4 {
        let sample = set.get(i).unwrap();
        assert_eq!(sample.shape, [3, 64, 64]);
        assert!(sample.values.iter().all(|value| (value - scaled(7)).abs() < 0.009));
    }
}

#[test]
fn an_image_that_says_how_it_was_held_is_turned_upright() {
    // An EXIF block with one entry: orientation 6, a quarter turn to the right.
    let exif = [
        b"II*\0".as_slice(),
        &[8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&[10, 20], 2, 1, ExtendedColorType::L8).unwrap();
    let folder = folder(&[("a.png", &bytes)]);
    let config = ImageFolderConfig { size: None, channels: Channels::Grey };
    let sample = ImageFolder::open(folder.path(), config).unwrap().get(0).unwrap();
    assert_eq!(sample.shape, [1, 2, 1]);
    assert_eq!(sample.values, [10, 20].map(scaled));
}

#[test]
fn broken_images_are_named_and_never_panic() {
    let whole = png(3, 3, [9, 8, 7]);
    for length in 0..whole.len() {
        let folder = folder(&[("torn.png", &whole[..length])]);
        let set = open_folder(folder.path(), Some(2)).unwrap();
        // Without its last, empty chunk an image is still all there.
        if length < whole.len() - 12 {
            assert_contains(&message(set.get(0)), &["decoding", "torn.png"]);
        } else {
            let _ = set.get(0);
        }
    }
    let torn =
        folder(&[("a.jpg", b"\xff\xd8\xff\xe0"), ("b.webp", b"RIFF\xff\xff\xff\xffWEBPVP8L")]);
    let set = open_folder(torn.path(), None).unwrap();
    assert_contains(&message(set.get(0)), &["a.jpg"]);
    assert_contains(&message(set.get(1)), &["b.webp"]);
}

#[test]
fn giant_images_are_refused_before_they_are_decoded() {
    // The size is at bytes 16..24, and its checksum at 29..33.
    for [width, height] in [[20_000_u32, 1], [1, 20_000], [16_384, 16_384], [u32::MAX, u32::MAX]] {
        let mut bytes = png(1, 1, [0; 3]);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let folder = folder(&[("giant.png", &bytes)]);
        assert_contains(&message(open_folder(folder.path(), None).unwrap().get(0)), &["giant.png"]);
    }
}

#[test]
fn folders_without_images_and_impossible_sizes_are_refused() {
    let empty = folder(&[("notes.txt", b"")]);
    assert_contains(&message(open_folder(empty.path(), None)), &["jpg, jpeg, png, webp", "none"]);
    for size in [0, 16_385] {
        assert_contains(&message(open_folder(empty.path(), Some(size))), &["1 to 16384"]);
    }
}
