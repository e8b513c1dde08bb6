import copy
import unittest

from dashboards import dashboard_problems, is_known

KNOWN = {"sluice_events_read_total", "sluice_stage_duration_seconds", "sluice_result_"}
PANEL = {
    "id": 1,
    "type": "timeseries",
    "title": "Events",
    "description": "Events read.",
    "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
    "targets": [{"refId": "A", "expr": "rate(sluice_events_read_total[$__rate_interval])"}],
}
GOOD = {
    "uid": "sluice-engine",
    "title": "Engine",
    "tags": [],
    "schemaVersion": 39,
    "time": {},
    "refresh": "5s",
    "templating": {},
    "panels": [PANEL],
}


class Dashboards(unittest.TestCase):
    def problems_with(self, **changes):
        dashboard = copy.deepcopy(GOOD)
        dashboard["panels"][0].update(changes)
        return list(dashboard_problems(dashboard, KNOWN))

    def test_a_dashboard_that_keeps_the_rules_passes(self):
        self.assertEqual(self.problems_with(), [])

    def test_a_metric_that_the_program_lacks_is_named(self):
        found = self.problems_with(targets=[{"refId": "A", "expr": "sluice_events_raed_total"}])
        self.assertEqual(found, ["panel Events: no metric is named sluice_events_raed_total"])

    def test_a_fixed_range_is_named(self):
        found = self.problems_with(targets=[{"refId": "A", "expr": "rate(sluice_events_read_total[1m])"}])
        self.assertEqual(len(found), 1)

    def test_panels_stay_inside_the_columns_and_apart(self):
        self.assertEqual(len(self.problems_with(gridPos={"x": 20, "y": 0, "w": 12, "h": 8})), 1)
        dashboard = copy.deepcopy(GOOD)
        dashboard["panels"].append({**PANEL, "id": 2})
        self.assertEqual(len(list(dashboard_problems(dashboard, KNOWN))), 1)

    def test_histograms_and_stems_are_known_by_what_they_become(self):
        self.assertTrue(is_known("sluice_stage_duration_seconds_bucket", KNOWN))
        self.assertTrue(is_known("sluice_result_revenue", KNOWN))
        self.assertFalse(is_known("sluice_other_bucket", KNOWN))


if __name__ == "__main__":
    unittest.main()
