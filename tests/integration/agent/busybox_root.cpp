#include "tests/integration/agent/busybox_root.h"

#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

namespace bulkhead::agent::test {

namespace fs = std::filesystem;

BusyboxRoot::BusyboxRoot() {
    std::string name = (fs::temp_directory_path() / "bulkhead-root-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    fs::permissions(path_, fs::perms(0755));
    for (const char* directory : {"bin", "etc", "proc", "dev", "sys", "tmp", "root", "home/app"}) {
        fs::create_directories(path_ / directory);
    }
    fs::permissions(path_ / "tmp", fs::perms(01777));
    REQUIRE(fs::exists("/bin/busybox"));  // package busybox-static
    fs::copy_file("/bin/busybox", path_ / "bin/busybox");
    constexpr std::array kApplets = {
        "sh",       "cat",   "echo",  "id",        "ls",    "ps",       "sleep", "true", "false",
        "env",      "pwd",   "mount", "umount",    "mkdir", "touch",    "mknod", "stty", "tty",
        "dd",       "wc",    "head",  "sha256sum", "stat",  "grep",     "kill",  "seq",  "yes",
        "hostname", "chown", "nc",    "rm",        "test",  "readlink", "tail"};
    for (const char* applet : kApplets) fs::create_symlink("busybox", path_ / "bin" / applet);
    write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n");
    write("etc/group", "root:x:0:\napp:x:1000:\naudio:x:29:app\nwheel:x:10:\n");
}

BusyboxRoot::~BusyboxRoot() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Result<std::string> BusyboxRoot::mount(const v1::RootFilesystem& /*wanted*/) {
    return path_.string();
}

Result<void> BusyboxRoot::unmount() {
    unmounted_ = true;
    return {};
}

void BusyboxRoot::write(const std::string& name, const std::string& content, unsigned mode) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << content;
    fs::permissions(path_ / name, fs::perms(mode));
}

std::string BusyboxRoot::read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
}

}  // namespace bulkhead::agent::test
