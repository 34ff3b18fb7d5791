"""The QEMU command line of the devhost."""

import shutil

from . import DevhostError, tsc

PROGRAM = "qemu-system-x86_64"

# Quiet and quick: no timer and no check of timers that mistakes a busy host for a broken one, no self-tests, no probes for what
# is not there. `panic=-1` with `-no-reboot` turns a crash into QEMU's end.
KERNEL_ARGUMENTS = (
    "console=ttyS0 quiet panic=-1 oops=panic mitigations=off tsc=reliable nowatchdog"
    " no_timer_check rcupdate.rcu_cpu_stall_suppress=1 cryptomgr.notests lsm=landlock,apparmor audit=0 cgroup_no_v1=all"
    " initcall_blacklist=init_kprobe_trace,load_system_certificate_list sysrq_always_enabled"
)

# Five-level page tables only slow emulation down. XSAVE is off with all that needs it: QEMU 7.2 lets a
# guest of the devhost change XCR0 without telling KVM, and then the guest's registers are lost.
FEATURES_OFF = ("la57", "xsave", "avx", "avx2", "f16c", "fma", "vaes", "vpclmulqdq", "pku", "mpx")

# The virtio-serial ports in their order; guest/main knows the same numbers. Port 0 is the terminal.
PORTS = ("terminal", "control", "out", "err", "in")
MONITOR = "monitor"


def command(kernel, initramfs, options, ports):
    """The command line; PORTS maps MONITOR and each name in PORTS to a socket's descriptor."""
    if not shutil.which(PROGRAM):
        raise DevhostError(f"{PROGRAM} is missing: apt-get install qemu-system-x86")
    arguments = [PROGRAM, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
    arguments += ["-M", "q35,usb=off,vmport=off,smbus=off,sata=off", "-m", str(options.memory)]
    arguments += processor(options)
    arguments += ["-kernel", kernel.vmlinux, "-initrd", initramfs, "-append", kernel_arguments(options)]
    arguments += ["-serial", "stdio", "-device", "virtio-serial-pci,max_ports=8"]
    for number, name in enumerate(PORTS):
        device = "virtserialport" if number else "virtconsole"
        arguments += ["-chardev", f"socket,id={name},fd={ports[name]}"]
        arguments += ["-device", f"{device},chardev={name},nr={number}"]
    arguments += ["-chardev", f"socket,id={MONITOR},fd={ports[MONITOR]}", "-mon", f"chardev={MONITOR},mode=control"]
    arguments += shared("root", "/", ",readonly=on")
    for number, folder in enumerate(options.share):
        arguments += shared(f"share{number}", folder, "")
    return [str(argument) for argument in arguments]


def kernel_arguments(options):
    # With -icount the counter counts instructions, one a nanosecond.
    rate = 1_000_000 if options.icount else tsc.kilohertz()
    return f"{KERNEL_ARGUMENTS} tsc_early_khz={rate}" if rate else KERNEL_ARGUMENTS


# More than one processor means one thread of QEMU each. Then QEMU 7.2 loses, once in about fifty boots of a guest, a store
# into code that another processor runs, and a kernel that patches itself dies of a leftover breakpoint.
def processor(options):
    model = ["-cpu", ",".join(["max", *(f"{feature}=off" for feature in FEATURES_OFF)])]
    if options.icount:
        return model + ["-smp", "1", "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=on"]
    return model + ["-smp", str(options.cpus), "-accel", "tcg"]


def shared(tag, folder, access):
    folder = str(folder).replace(",", ",,")
    backend = f"local,id={tag},path={folder},security_model=none,multidevs=remap{access}"
    return ["-fsdev", backend, "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
