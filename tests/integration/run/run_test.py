#!/usr/bin/env python3
"""`bulkhead run` as a user meets it. One case for each ctest entry; every case leaves nothing behind.

  run_test.py CASE --build build/release
"""

import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "acceptance"))

import apparmor_cases  # noqa: E402
import bundle_cases  # noqa: E402
import cgroup_cases  # noqa: E402
import checkpoint_cases  # noqa: E402
import engine_cases  # noqa: E402
import failure_cases  # noqa: E402
import flag_cases  # noqa: E402
import files_cases  # noqa: E402
import image_template_cases  # noqa: E402
import jail_cases  # noqa: E402
import lifecycle_cases  # noqa: E402
import list_cases  # noqa: E402
import local_cases  # noqa: E402
import policy_cases  # noqa: E402
import process_cases  # noqa: E402
import security_cases  # noqa: E402
import template_cases  # noqa: E402
import terminal_cases  # noqa: E402
from case_main import case_main, leaving_nothing  # noqa: E402

CASES = (
    process_cases.exit_codes, process_cases.process_settings, process_cases.streams,
    process_cases.filesystem, process_cases.confinement, process_cases.memory, process_cases.memory_given_back,
    flag_cases.init, flag_cases.privileged, flag_cases.kernel_settings, flag_cases.disk_limits, flag_cases.stream_limits, flag_cases.names,
    security_cases.security_profiles, security_cases.security_strict, security_cases.security_options, apparmor_cases.apparmor,
    local_cases.other_users, local_cases.surroundings,
    bundle_cases.bundles, jail_cases.jailed, jail_cases.jail_incomplete,
    jail_cases.jail_without_root,
    cgroup_cases.machine_limits, cgroup_cases.supervisor_limits, cgroup_cases.cgroup_places, cgroup_cases.cgroup_leftovers, cgroup_cases.cgroup_missing,
    terminal_cases.terminal, terminal_cases.session, terminal_cases.signals,
    lifecycle_cases.containers, lifecycle_cases.observation,
    engine_cases.background, engine_cases.restarts, engine_cases.execs, engine_cases.attaching,
    engine_cases.crashes, list_cases.images_in_use,
    policy_cases.restart_policies, policy_cases.pausing, policy_cases.health, policy_cases.life_limits,
    policy_cases.events, policy_cases.changing,
    files_cases.copying, files_cases.large_copies, files_cases.hostile_copies, files_cases.stopped_copies,
    files_cases.commits, files_cases.exports, files_cases.usage,
    template_cases.templates_made, template_cases.templates_damaged, template_cases.templates_at_once,
    template_cases.templates_differ, template_cases.templates_under_fire, template_cases.templates_interrupted,
    template_cases.templates_listed, template_cases.templates_bounded,
    image_template_cases.image_templates_made, image_template_cases.image_templates_like_others,
    image_template_cases.image_templates_differ, image_template_cases.image_templates_damaged,
    image_template_cases.image_templates_under_fire,
    checkpoint_cases.checkpoint_goes_on, checkpoint_cases.checkpoint_identities, checkpoint_cases.checkpoint_streams,
    checkpoint_cases.checkpoint_terminal, checkpoint_cases.checkpoint_refused, checkpoint_cases.checkpoint_damaged,
    checkpoint_cases.checkpoint_under_fire, checkpoint_cases.checkpoint_cycles,
    failure_cases.missing_kvm, failure_cases.failed_starts, failure_cases.disk_full)


if __name__ == "__main__":
    # A case's containers start alike, however many there are; what is about images' templates says so.
    os.environ.setdefault("BULKHEAD_TEMPLATE", "machine")
    sys.exit(case_main(__doc__, CASES, "--build", leaving_nothing))
