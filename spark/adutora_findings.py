"""From what was observed to the policy counts, or to the error that ends the attempt: column, rule,
primary key, never a value.
"""

from __future__ import annotations

from typing import Any

from adutora_errors import IngestError

# A rule that is no policy has a code of its own.
CODES = {"value_too_long": "VALUE_TOO_LONG", "text_not_unicode": "TEXT_NOT_UNICODE"}
# What adutora.yml calls the rules: what a person can change.
SETTINGS = {
    "invalid_date": "invalidDates: error",
    "time_out_of_range": "timeOutOfRange: error",
    "decimal_out_of_range": "bigDecimals: error",
    "value_too_long": "max_allowed_packet",
    "text_not_unicode": "Unicode",
    "not_bool": "type: bool",
    "not_json": "type: json",
    "not_wgs84": "type: geography",
}


def check_observed(spec: dict[str, Any], observed: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The policy counts; raises where a value broke a policy that says error, a row is too long, or
    a text equals the null token.
    """
    for index, column in enumerate(spec["columns"]):
        tag, found = column["tag"], observed.get(f"tagged_{index}") or 0
        if found and tag["action"] == "error":
            where = observed.get(f"key_{index}")
            breaking = f"{found} value breaks" if found == 1 else f"{found} values break"
            message = f"column {column['name']}: {breaking} {SETTINGS[tag['rule']]}, the first found in the row {where}"
            raise IngestError(CODES.get(tag["rule"], "POLICY_VIOLATION"), message)
    if observed.get("too_long"):
        raise IngestError(
            "ROW_TOO_LONG",
            f"rows longer than 100 MB: {observed['too_long']}, the first found is {observed['too_long_key']}",
        )
    if observed.get("collisions"):
        raise IngestError("NULL_TOKEN_COLLISION", f"{observed['collisions']} texts equal the null token {spec['nullToken']}")
    return policy_counts(spec["columns"], observed)


def policy_counts(columns: list[dict[str, Any]], observed: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Column -> `rule_action` -> how many, only what is above 0."""
    counts: dict[str, dict[str, int]] = {}
    for index, column in enumerate(columns):
        found = observed.get(f"tagged_{index}") or 0
        if found > 0:
            tag = column["tag"]
            counts[column["name"]] = {f"{tag['rule']}_{tag['action']}": found}
    return counts
