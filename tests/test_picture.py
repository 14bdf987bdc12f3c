"""Pictures of one's own: what Pillow, an image program in these tests, writes is read as it is meant, or refused."""

import contextlib
import struct
import subprocess
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from course_lib.data import DataError, PictureError, load_fashion_mnist, picture, read_picture
from course_lib.data.picture import has_light_border


@pytest.fixture(scope="module")
def images():
    """The 2,000 embedded test images, (2000, 28, 28) uint8."""
    x = load_fashion_mnist().test.x
    return np.round(255 * x).astype(np.uint8).reshape(-1, 28, 28)


@pytest.fixture
def save(tmp_path):
    """save(array or Image, name, **options) writes a file and returns its path."""

    def save(content, name="mine.png", **options):
        image = content if isinstance(content, Image.Image) else Image.fromarray(content)
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


def bright_block(height=40, width=60, top=10, left=5, rows=20, columns=30, value=200):
    """A picture, uint8: black, with one bright block."""
    block = np.zeros((height, width), np.uint8)
    block[top : top + rows, left : left + columns] = value
    return block


def drawn(read):
    return read.x.reshape(read.image_shape)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_that_says_it_is(width, height, content=b""):
    """The bytes of a small PNG whose header names this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


# ---- images of the data set come back as they were ------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA"])
def test_a_saved_image_of_the_data_set_comes_back_to_the_last_bit(images, save, mode):
    expected = load_fashion_mnist().test.x
    for number in (0, 7, 1234):
        path = save(Image.fromarray(images[number]).convert(mode), f"{mode}.png")
        read = read_picture(path)
        np.testing.assert_array_equal(read.x, expected[number : number + 1])
        assert read.x.dtype == np.float32 and read.image_shape == (28, 28)


def test_no_image_of_the_data_set_has_a_light_border():
    parts = load_fashion_mnist().splits().values()
    assert not any(has_light_border(row.reshape(28, 28)) for part in parts for row in part.x)


@pytest.mark.parametrize(("gray", "light"), [(0.45, False), (0.55, True)])
def test_a_border_is_light_from_half_on_whatever_is_inside(gray, light):
    for inside in (0.0, 1.0):
        image = np.full((20, 30), gray)
        image[1:-1, 1:-1] = inside
        assert has_light_border(image) == light


def test_a_dark_thing_on_white_is_inverted_and_that_is_said(images, save):
    negative = save(255 - images[0])
    read = read_picture(negative)
    np.testing.assert_allclose(read.x[0], images[0].ravel() / 255, atol=1e-6)
    assert any("border is light: it was inverted" in note for note in read.notes)
    as_it_is = read_picture(negative, background="dark")
    np.testing.assert_allclose(as_it_is.x[0], 1 - images[0].ravel() / 255, atol=1e-6)
    assert not any("invert" in note for note in as_it_is.notes)
    given = read_picture(save(images[0], "positive.png"), background="light")
    np.testing.assert_allclose(given.x[0], 1 - images[0].ravel() / 255, atol=1e-6)
    assert any("was given: it was inverted" in note for note in given.notes)


# ---- sizes ----------------------------------------------------------------------------------------------------------


def test_a_piece_is_trimmed_scaled_with_its_proportions_and_centered(save):
    read = drawn(read_picture(save(bright_block(rows=20, columns=40))))  # 1 : 2, so 14 x 28
    np.testing.assert_allclose(read[7:21], 200 / 255, atol=1e-6)
    assert not read[:7].any() and not read[21:].any()
    tall = drawn(read_picture(save(bright_block(rows=30, columns=10))))  # 3 : 1, so 28 x 9
    assert (tall.any(axis=0).sum(), tall.any(axis=1).sum()) == (9, 28)
    assert tall.any(axis=0)[9:18].all()


@pytest.mark.parametrize("factor", [2, 5, 16])
def test_an_enlarged_image_comes_back_nearly_as_it_was(images, save, factor):
    touching = next(image for image in images if image[0].any() and image[-1].any() and image[1:-1].any(axis=0).all())
    read = drawn(read_picture(save(np.kron(touching, np.ones((factor, factor), np.uint8)))))
    assert np.abs(read - touching / 255).mean() < 0.01


def test_where_it_lies_and_how_much_is_around_it_does_not_count(save):
    centered = read_picture(save(bright_block(), "a.png"))
    np.testing.assert_array_equal(read_picture(save(bright_block(300, 400, top=250, left=350), "b.png")).x, centered.x)


def test_a_gray_background_becomes_black_and_noise_on_it_is_trimmed(save):
    rng = np.random.default_rng(0)
    noisy = np.clip(bright_block(200, 200, 50, 50, 100, 100, 255) + rng.integers(40, 48, (200, 200)), 0, 255)
    read = drawn(read_picture(save(noisy.astype(np.uint8))))
    np.testing.assert_allclose(read, 1.0, atol=0.02)  # the block alone, without its surroundings


def test_another_image_shape_can_be_asked_for(save):
    read = read_picture(save(bright_block(rows=20, columns=20)), image_shape=(8, 12))
    assert read.x.shape == (1, 96)
    assert drawn(read)[:, 2:10].all() and not drawn(read)[:, :2].any() and not drawn(read)[:, 10:].any()


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (1, 1), (2, 2), (1, 28)])
def test_the_thinnest_pictures_are_read_or_refused_but_never_crash(save, shape):
    thin = np.zeros(shape, np.uint8)
    thin.flat[:1] = 255
    try:
        assert read_picture(save(thin), background="dark").x.shape == (1, 784)
    except PictureError as error:
        assert "shows nothing" in str(error)


# ---- colors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("color", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (10, 200, 90)])
def test_color_becomes_gray_by_the_weights_of_bt_601(save, color):
    colored = np.zeros((28, 28, 3), np.uint8)
    colored[4:20, 4:20] = color
    expected = np.dot(color, [0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(drawn(read_picture(save(colored)))[10, 10], expected, atol=1 / 255)


def test_a_palette_sixteen_bits_and_black_and_white_are_read(images, save):
    expected = images[5] / 255
    deep = (images[5].astype(np.uint16) << 8) | images[5]
    np.testing.assert_allclose(drawn(read_picture(save(deep, "deep.png"))), expected, atol=1e-6)
    palette = Image.fromarray(images[5]).convert("RGB").quantize(256)
    np.testing.assert_allclose(drawn(read_picture(save(palette, "palette.png"))), expected, atol=3 / 255)
    two = Image.fromarray(images[5] > 127)
    np.testing.assert_array_equal(drawn(read_picture(save(two, "two.png"))), images[5] > 127)


def test_jpeg_in_gray_color_and_cmyk_is_read_and_turned_upright(images, save):
    for mode in ("L", "RGB", "CMYK"):
        path = save(Image.fromarray(images[3]).convert(mode), f"{mode}.jpg", quality=95)
        assert np.abs(drawn(read_picture(path)) - images[3] / 255).mean() < 0.02
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF orientation: the camera was turned by 90 degrees
    turned = save(Image.fromarray(np.rot90(images[3])), "turned.jpg", quality=95, exif=exif)
    assert np.abs(drawn(read_picture(turned)) - images[3] / 255).mean() < 0.02


@pytest.mark.parametrize(("thing", "inverted"), [(20, True), (230, False)])
def test_what_is_transparent_is_background_whatever_color_lies_beneath(save, thing, inverted):
    colored = np.zeros((28, 28, 4), np.uint8)
    colored[..., :3] = np.random.default_rng(0).integers(0, 256, (28, 28, 3))
    colored[8:20, 8:20] = (thing, thing, thing, 255)
    read = read_picture(save(colored))
    expected = np.zeros((28, 28))
    expected[8:20, 8:20] = (255 - thing if inverted else thing) / 255
    np.testing.assert_allclose(drawn(read), expected, atol=1e-6)
    assert any("invert" in note for note in read.notes) == inverted


def test_a_transparent_color_of_a_palette_is_background(save):
    palette = Image.fromarray(np.kron(np.eye(2, dtype=np.uint8), np.ones((14, 14), np.uint8)))
    palette = palette.convert("P")
    palette.putpalette([255, 0, 255, 240, 240, 240])
    read = drawn(read_picture(save(palette, transparency=0)))
    np.testing.assert_allclose(read, np.kron(np.eye(2), np.full((14, 14), 240 / 255)), atol=1e-6)


# ---- bad files ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*none\.png"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(PictureError, match="is a folder"):
        read_picture(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: it has 0 bytes"),
        (b"GIF89a" + bytes(50), r"not a picture that can be read: it is a file of kind GIF;.*PNG or JPEG"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(50), "a file of kind WebP; .*PNG or JPEG is expected.*save it as PNG"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "a file of kind HEIC, as iPhones save it; .*save it as PNG"),
        (b"\0\0\0\x1cftypmif1" + bytes(50), "a file of kind HEIC"),
        (b"\0\0\0\x1cftypavif" + bytes(50), "a file of kind AVIF"),
        (b"%PDF-1.7" + bytes(50), "a file of kind PDF"),
        (b"hello, this is no picture", "not a picture that can be read: it begins with b'hello, t'"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut off|not a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged or cut off|not a picture"),
        (png_that_says_it_is(28, 28), "damaged or cut off"),
        (png_that_says_it_is(0, 28), "damaged or cut off|not a picture"),
        (png_that_says_it_is(5001, 5000), r"5,001 x 5,000 = 25,005,000 pixels; a picture may have 25,000,000"),
        (png_that_says_it_is(30_000, 30_000), "hundreds of millions of pixels"),
        (png_that_says_it_is(10_000, 10_000), "pixels; a picture may have 25,000,000"),
    ],
)
def test_files_that_are_no_pictures_are_refused_with_the_reason(tmp_path, content, message):
    path = tmp_path / "mine.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=message) as caught:
        read_picture(path)
    assert repr(str(path)) in str(caught.value)
    assert isinstance(caught.value, DataError)


@pytest.mark.parametrize("name", ["whole.png", "whole.jpg"])
def test_every_truncation_of_a_picture_is_refused(images, save, tmp_path, name):
    whole = save(images[0], name).read_bytes()
    path = tmp_path / "cut"
    for length in range(1, len(whole) - 16, 13):  # the last bytes say only that it ends
        path.write_bytes(whole[:length])
        with pytest.raises(PictureError):
            read_picture(path)


def test_flipped_bytes_are_refused_or_read_but_never_crash(images, save, tmp_path):
    whole = save(images[0]).read_bytes()
    path, rng = tmp_path / "flipped.png", np.random.default_rng(1)
    for _ in range(200):
        content = bytearray(whole)
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(content)
        with contextlib.suppress(PictureError):
            assert np.isfinite(read_picture(path).x).all()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_says_it_is(9000, 9000, bytes(9001 * 9000)))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(PictureError, match="9,000 x 9,000"):
            read_picture(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_too_many_bytes_are_refused(save, monkeypatch):
    monkeypatch.setattr(picture, "MAX_BYTES", 50)
    with pytest.raises(PictureError, match=r"has \d+ bytes; a picture may have 50"):
        read_picture(save(bright_block()))


def test_an_animation_is_refused_with_its_frames(images, tmp_path):
    first, *rest = map(Image.fromarray, images[:3])
    first.save(tmp_path / "moving.png", save_all=True, append_images=rest)
    with pytest.raises(PictureError, match="an animation of 3 frames"):
        read_picture(tmp_path / "moving.png")


def test_another_kind_of_picture_is_refused_whatever_its_name(images, tmp_path):
    Image.fromarray(images[0]).save(tmp_path / "really.png", format="GIF")
    with pytest.raises(PictureError, match="PNG or JPEG is expected"):
        read_picture(tmp_path / "really.png")
    Image.fromarray(images[0]).save(tmp_path / "named.txt", format="PNG")
    assert read_picture(tmp_path / "named.txt").x.shape == (1, 784)


def test_a_picture_of_nothing_is_refused(save):
    with pytest.raises(PictureError, match="nearly the same gray"):
        read_picture(save(np.full((50, 60), 130, np.uint8)))
    with pytest.raises(PictureError, match="all of it is transparent"):
        read_picture(save(np.zeros((28, 28, 4), np.uint8)))


def test_colors_of_an_unknown_kind_are_refused(save, monkeypatch):
    path = save(bright_block())
    real = Image.open
    monkeypatch.setattr(Image, "open", lambda *words, **more: real(*words, **more).convert("HSV"))
    with pytest.raises(PictureError, match="stores its colors as 'HSV'"):
        read_picture(path)


@pytest.mark.parametrize("shape", [(28, 28), (60, 50)])
@pytest.mark.parametrize("noise", [0, 3])
def test_one_gray_is_refused_in_every_size_also_with_noise_on_it(save, shape, noise):
    rng = np.random.default_rng(0)
    for gray in (0, 130, 255):
        grains = np.rint(gray + noise * rng.normal(size=shape)).clip(0, 255)
        with pytest.raises(PictureError, match="nearly the same gray"):
            read_picture(save(grains.astype(np.uint8)))


@pytest.mark.parametrize("image_shape", [5, (28,), "28", (0, 28), (28.0, 28.0)])
def test_an_image_shape_that_is_none_is_refused(save, image_shape):
    with pytest.raises(DataError, match=r"image_shape is .*rows, columns"):
        read_picture(save(bright_block()), image_shape=image_shape)


@pytest.mark.parametrize("path", [None, 5, b"mine.png", np.zeros((28, 28))])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(PictureError, match=r"path is of type .*name of a PNG or JPEG file"):
        read_picture(path)


# ---- dirt and noise -------------------------------------------------------------------------------------------------

PLACES = [(0, 0), (3, 145), (140, 70), (74, 2)]  # in a picture 148 x 148, outside of the middle 28 x 28


def framed(image, noise=0, rng=None):
    """An image (28, 28) with 60 pixels of black around it, and normal noise of so many 255ths on all of it."""
    wide = np.pad(image, 60).astype(float)
    if noise:
        wide = wide + noise * rng.normal(size=wide.shape)
    return np.rint(wide).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("dirt", [1, 2])
def test_stray_pixels_and_small_specks_do_not_undo_the_trimming(images, save, dirt):
    for image in images[:40]:
        clean = read_picture(save(framed(image), "clean.png"))
        dirty = framed(image)
        for row, column in PLACES[: 4 if dirt == 1 else 1]:
            dirty[row : row + dirt, column : column + dirt] = 255
        read = read_picture(save(dirty, "dirty.png"))
        np.testing.assert_array_equal(read.x, clean.x)
        assert "Specks around them were left out." in " ".join(read.notes)
        assert "Specks" not in " ".join(clean.notes)


@pytest.mark.parametrize("noise", [3, 8])
def test_noise_does_not_undo_the_trimming(images, save, noise):
    rng, alike = np.random.default_rng(0), []
    for image in images[:40]:
        clean = read_picture(save(framed(image), "clean.png")).x
        read = read_picture(save(framed(image, noise, rng), "noisy.png")).x
        alike.append(np.corrcoef(read, clean)[0, 1])
    assert np.median(alike) > 0.99  # without trimming it is below 0
    assert np.quantile(alike, 0.1) > 0.85  # faint edges drown in noise, and then what is left is drawn larger


def test_the_note_says_how_much_was_trimmed_and_when_it_is_little(images, save):
    whole = np.full((148, 148), 40, np.uint8)
    whole[1:-1, 1:-1] = 200
    (note,) = [note for note in read_picture(save(whole)).notes if "trimmed" in note]
    assert "trimmed to the 146 x 146 pixels" in note and "little was trimmed" in note
    (note,) = [note for note in read_picture(save(framed(images[0]))).notes if "trimmed" in note]
    assert "little" not in note


def test_the_notes_of_a_large_picture_give_sizes_in_its_own_pixels(save):
    first, note = read_picture(save(bright_block(6000, 3000, top=300, left=600, rows=1500, columns=900))).notes
    assert first == "It has 3000 x 6000 pixels." and "trimmed to the 900 x 1500 pixels" in note


def hairline():
    """A T of lines one pixel wide and a dot of its own beside it."""
    letter = np.zeros((90, 80), np.uint8)
    letter[20, 10:60] = letter[20:70, 35] = 255
    letter[30:34, 66:70] = 255
    return letter


def test_thin_lines_and_the_dot_of_an_i_are_no_specks(save):
    read = read_picture(save(hairline()), image_shape=(50, 60))  # exactly what is on it: nothing is scaled
    np.testing.assert_array_equal(drawn(read), hairline()[20:70, 10:70] / 255)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no module resource to ask for the memory")
@pytest.mark.parametrize("shape", [(1, 24_999_999), (24_999_999, 1), (5000, 4999)])
def test_the_memory_for_a_large_picture_is_bounded_whatever_its_shape(save, shape):
    large = np.zeros(shape, np.uint8)
    large[shape[0] // 4 : shape[0] // 2 + 1, shape[1] // 4 : shape[1] // 2 + 1] = 255
    code = (
        "import resource, sys; from PIL import Image; from course_lib.data import read_picture\n"
        "read_picture(sys.argv[2])\n"  # what is loaded once, for a small picture
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(read_picture(sys.argv[1]).x.max(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", code, str(save(large)), str(save(bright_block(), "small.png"))]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    brightest, grown = map(float, run.stdout.split())
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes here
    assert brightest > 0.9
    assert grown * unit < 8 * large.size  # bytes; Pillow's own image has 1 to 4 a pixel


def test_an_unknown_background_is_refused(save):
    with pytest.raises(PictureError, match=r"background is 'black'; the choices are: 'auto', 'dark', 'light'"):
        read_picture(save(bright_block()), background="black")
