"""Case files of mechanics' benchmarks (configs/verification/land_*.json): Land et al. 2015, doi 10.1098/rspa.2015.0641."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import harness


class LandCases(unittest.TestCase):
    def run_case(self, name, ranks=1, **settings):
        return harness.run_case(self, name, "mechanics", ranks, **settings)

    def assert_converged(self, found, expected, percent):
        for key, value in expected.items():
            with self.subTest(key):
                self.assertAlmostEqual(found[key], value, delta=percent / 100 * abs(value))

    # Converged results of Taylor-Hood elements; half a per cent is the spread of the codes that took part.
    LAND_1 = {"tip.x": 9.1765, "tip.z": 4.1695}
    LAND_2 = {"apex_epi.z": -28.279, "apex_endo.z": -26.612, "cavity_volume": 10734.3}
    LAND_3 = {"apex_epi.z": -15.452, "apex_endo.z": -12.347, "cavity_volume": 1795.9}

    def test_land_1(self):
        found = self.run_case("land_1")
        self.assert_converged(found, self.LAND_1, 0.2)
        self.assertEqual(found["cut_steps"], 0)

    def test_land_1_on_two_ranks(self):
        self.assert_converged(self.run_case("land_1", ranks=2), self.LAND_1, 0.2)

    def test_land_1_with_the_preview_element(self):
        # Linear elements are too stiff in bending: 1,920 of them are a preview, not a result.
        found = self.run_case("land_1", element="p1_p1")
        self.assertLess(found["tip.z"], self.LAND_1["tip.z"])
        self.assert_converged(found, {"tip.z": self.LAND_1["tip.z"]}, 25)

    def test_nearly_incompressible_beams_do_not_lock(self):
        tips = [self.run_case("land_1", bulk_modulus_kPa=10.0**k)["tip.z"] for k in (2, 4, 6)]
        self.assertAlmostEqual(tips[2], self.LAND_1["tip.z"], delta=0.002 * self.LAND_1["tip.z"])
        self.assertAlmostEqual(tips[1], tips[2], delta=1e-3)
        self.assertGreater(tips[0], tips[2])  # softer

    def test_land_2(self):
        self.assert_converged(self.run_case("land_2"), self.LAND_2, 0.3)

    def test_land_3(self):
        self.assert_converged(self.run_case("land_3"), self.LAND_3, 0.5)


if __name__ == "__main__":
    unittest.main()
