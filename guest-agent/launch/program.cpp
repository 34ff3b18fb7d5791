#include "guest-agent/launch/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/text.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

// docker's, for a process without PATH.
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::optional<std::string_view> variable(const std::vector<std::string>& environment,
                                         std::string_view name) {
    for (const std::string& each : environment) {
        const std::string_view entry(each);
        if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
            return entry.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

bool executable_file(const std::string& path) {
    struct stat status {};

    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

std::string text_of(int error) {
    return std::error_code(error, std::generic_category()).message();
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    list.reserve(words.size() + 1);
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

Program::Program(const oci::v1::Process& process, const std::string& home)
    : arguments_(process.args().begin(), process.args().end()),
      environment_(process.env().begin(), process.env().end()) {
    if (!variable(environment_, "HOME")) environment_.push_back("HOME=" + home);
    const std::string& name = process.program().empty() ? arguments_.front() : process.program();
    if (name.find('/') != std::string::npos) {
        check(name);
    } else {
        find(name);
    }
}

void Program::find(const std::string& name) {
    std::string_view rest = variable(environment_, "PATH").value_or(kDefaultPath);
    for (;;) {
        const auto end = rest.find(':');
        const std::string_view directory = rest.substr(0, end);
        const std::string candidate = concat(directory.empty() ? "." : directory, "/", name);
        if (executable_file(candidate)) {
            path_ = candidate;
            return;
        }
        if (end == std::string_view::npos) break;
        rest = rest.substr(end + 1);
    }
    failure_ = {FailureClass::NotFound,
                concat("exec: \"", name, "\": executable file not found in $PATH")};
}

void Program::check(const std::string& name) {
    path_ = name;

    struct stat status {};

    if (::stat(name.c_str(), &status) != 0) {
        const int error = errno;
        const bool missing = error == ENOENT || error == ENOTDIR;
        failure_ = {missing ? FailureClass::NotFound : FailureClass::NotExecutable,
                    concat("exec: \"", name, "\": stat ", name, ": ", text_of(error))};
    } else if (S_ISDIR(status.st_mode)) {
        failure_ = {FailureClass::NotExecutable, concat("exec: \"", name, "\": ", text_of(EISDIR))};
    } else if (!executable_file(name)) {
        failure_ = {FailureClass::NotExecutable, concat("exec: \"", name, "\": ", text_of(EACCES))};
    }
}

LaunchFailure Program::execute() {
    const std::vector<char*> arguments = pointers(arguments_);
    const std::vector<char*> environment = pointers(environment_);
    ::execve(path_.c_str(), arguments.data(), environment.data());
    const int error = errno;
    switch (error) {
        case ENOENT:  // the file is there: its interpreter is not
            return {FailureClass::NotFound, concat("exec ", path_, ": ", text_of(error))};
        case EACCES:
        case EPERM:
        case ENOEXEC:
        case EISDIR:
        case ETXTBSY:
        case ELIBBAD:
        case EINVAL:
        case ENOTDIR:
        case ELOOP:
            return {FailureClass::NotExecutable, concat("exec ", path_, ": ", text_of(error))};
        default:
            return {FailureClass::Other, concat("exec ", path_, ": ", text_of(error))};
    }
}

}  // namespace bulkhead::agent
