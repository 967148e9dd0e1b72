"""Pictures of a sweep show the numbers of its dataset."""

import numpy as np
import pytest
import xarray

from tacit.errors import DataError, NotFoundError, OptionError
from tacit.reporting.sweep_figures import drawn


RNG = np.random.default_rng(0)
SEEN = RNG.standard_normal((2, 3, 5, 4))


@pytest.fixture
def data():
    grid = ("depth", "alpha", "seed")
    words = np.array(["holds", "fails"], object)[(SEEN[..., 0] > 0).astype(int)]
    return xarray.Dataset(
        {
            "Hoyer": ((*grid, "time"), SEEN, {"units": "1"}),
            "end": (grid, SEEN[..., 0] ** 2, {"units": "flow time"}),
            "C1_outcome": (grid, words),
            "w": ((*grid, "feature"), SEEN),
            "status": (grid, np.zeros(SEEN.shape[:3], int)),
        },
        {
            "depth": [2, 3],
            "alpha": [0.1, 1.0, 10.0],
            "seed": range(5),
            "time": ("time", [0.0, 1.0, 2.0, 4.0], {"units": "flow time"}),
        },
    )


def test_a_line_is_the_mean_at_the_end_and_its_band_two_standard_errors(data):
    axes = drawn(data, "alpha", "Hoyer", "depth", log="x")[0].axes
    for i, line in enumerate(axes.lines):
        np.testing.assert_allclose(
            np.asarray(line.get_ydata()), SEEN[i, :, :, -1].mean(1)
        )
        reach = 2 * SEEN[i, :, :, -1].std(1, ddof=1) / 5**0.5
        (path,) = axes.collections[i].get_paths()
        corners = np.asarray(path.vertices)
        height = np.ptp(corners[np.isclose(corners[:, 0], 1.0), 1])
        assert height == pytest.approx(2 * reach[1])
    assert axes.get_xscale() == "log"


def test_a_run_that_diverged_is_in_no_mean(data):
    data["end"][0, 0, 0] = np.nan
    axes = drawn(data, "alpha", "end", "depth")[0].axes
    assert np.asarray(axes.lines[0].get_ydata())[0] == pytest.approx(
        (SEEN[0, 0, 1:, 0] ** 2).mean()
    )
    assert axes.get_ylabel() == "end (flow time)"


def test_a_phase_diagram_is_the_mean_over_all_other_axes(data):
    axes = drawn(data, "alpha", "depth", "end")[0].axes
    (mesh,) = axes.collections
    np.testing.assert_allclose(
        np.asarray(mesh.get_array()).reshape(2, 3), (SEEN[..., 0] ** 2).mean(2)
    )


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        (("alhpa", "end"), NotFoundError, "Did you mean 'alpha'"),
        (("alpha", "Hoyre"), NotFoundError, "Did you mean 'Hoyer'"),
        (("alpha", "end", "end"), NotFoundError, "no axis 'end'"),
        (("alpha", "depth"), DataError, "say by `by`"),
        (("alpha", "C1_outcome"), DataError, "one of fails, holds"),
        (("alpha", "w"), DataError, "has the axes feature"),
        (("time", "end"), NotFoundError, "no value recorded in time 'end'"),
        (("time", "depth", "end"), NotFoundError, "no axis of a phase diagram 'time'"),
        (("time", "Hoyer", "time"), NotFoundError, "no axis 'time'"),
        (("feature", "w"), NotFoundError, "no axis 'feature'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(data, asked, error, says):
    with pytest.raises(error, match=says):
        drawn(data, *asked)


def test_curves_over_time_are_means_at_each_record(data):
    axes = drawn(data, "time", "Hoyer", "depth")[0].axes
    for i, line in enumerate(axes.lines):
        np.testing.assert_array_equal(line.get_xdata(), [0.0, 1.0, 2.0, 4.0])
        np.testing.assert_allclose(np.asarray(line.get_ydata()), SEEN[i].mean((0, 1)))
    assert axes.get_xlabel() == "time (flow time)"


def test_times_of_their_own_are_drawn_where_a_line_shares_them(data):
    """What a store makes of runs that were recorded at different times."""
    own = data.drop_vars("time").rename(time="time_index")
    times = np.arange(4.0) * np.array([1.0, 2.0])[:, None]
    times = np.broadcast_to(times[:, None, None], SEEN.shape)
    own = own.assign_coords(time=(own.Hoyer.dims, times))
    axes = drawn(own, "time", "Hoyer", "depth")[0].axes
    for line, band, last in zip(axes.lines, axes.collections, (3.0, 6.0), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), np.linspace(0.0, last, 4))
        (path,) = band.get_paths()
        assert np.asarray(path.vertices)[:, 0].max() == last
    end = drawn(own, "alpha", "Hoyer", "depth")[0].axes.lines[0]
    np.testing.assert_allclose(np.asarray(end.get_ydata()), SEEN[0, :, :, -1].mean(1))
    with pytest.raises(DataError, match="recorded at different times"):
        drawn(own, "time", "Hoyer")


def test_a_phase_diagram_names_the_values_of_the_grid(data):
    axes = drawn(data, "alpha", "depth", "end", log="x")[0].axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0.1", "1", "10"]
    assert [*axes.get_yticks()] == [2, 3]
    assert not axes.get_xticks(minor=True).size


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0.1, 1.0, 10.0], "log"),
        ([1, 2, 4], "log"),
        ([1, 2, 3], "linear"),
        ([0.0, 1.0, 10.0], "linear"),
        ([-10.0, -1.0, -0.1], "linear"),
        ([10.0, 1.0, 0.1], "log"),
        (["a", "b", "c"], "linear"),
    ],
    ids=str,
)
def test_an_axis_is_logarithmic_where_its_values_are_spaced_so(data, values, scale):
    data = data.assign_coords(alpha=values)
    axes = drawn(data, "alpha", "Hoyer", "depth")[0].axes
    assert (axes.get_xscale(), axes.get_yscale()) == (scale, "linear")
    axes = drawn(data, "depth", "alpha", "end")[0].axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", scale)
    assert drawn(data, "alpha", "Hoyer", log="")[0].axes.get_xscale() == "linear"


def test_two_values_are_logarithmic_from_a_decade_on(data):
    for least, scale in ((0.1, "log"), (0.5, "linear")):
        two = data.isel(alpha=slice(2)).assign_coords(alpha=[least, 1.0])
        assert drawn(two, "alpha", "end")[0].axes.get_xscale() == scale


def test_a_band_on_a_logarithmic_axis_stays_in_the_picture(data):
    """One run in five is far above the others: the mean less two errors is below 0."""
    data["end"][...] = 1.0
    data["end"][..., 0] = 1000.0
    axes = drawn(data, "alpha", "end", "depth", log="y")[0].axes
    low, high = axes.get_ylim()
    assert low > 0
    assert high / low < 100
    (path,) = axes.collections[0].get_paths()
    assert np.asarray(path.vertices)[:, 1].min() >= low


def test_a_picture_says_how_many_runs_are_behind_a_band(data):
    def said(*asked):
        return [text.get_text() for text in drawn(data, *asked)[0].axes.texts]

    assert "mean of n = 5 runs, band of two standard errors" in said(
        "alpha", "end", "depth"
    )
    data["end"][0, 0, :2] = np.nan
    assert "mean of n = 3 to 5 runs, band of two standard errors" in said(
        "alpha", "end", "depth"
    )
    alone = data.isel(seed=[0])
    assert "one run each" in [
        text.get_text()
        for text in drawn(alone, "alpha", "Hoyer", "depth")[0].axes.texts
    ]


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_a_picture_is_saved_by_its_ending(data, tmp_path, ending):
    place = tmp_path / f"hoyer.{ending}"
    assert drawn(data, "alpha", "Hoyer").save(str(place)) == place
    first = place.read_bytes()
    assert drawn(data, "alpha", "Hoyer").save(place).read_bytes() == first


def test_other_words_are_refused(data, tmp_path):
    with pytest.raises(OptionError, match="logarithmic axes"):
        drawn(data, "alpha", "Hoyer", log="xz")
    with pytest.raises(OptionError, match="ending of a picture"):
        drawn(data, "alpha", "Hoyer").save(tmp_path / "hoyer.gif")
