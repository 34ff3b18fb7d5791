#include "base/result.h"

#include <cerrno>

namespace bulkhead {

Error errno_error(std::string_view what) {
    return errno_error(errno, what);
}

Error errno_error(int error_number, std::string_view what) {
    const std::error_code code(error_number, std::generic_category());
    return Error(code, std::string(what) + ": " + code.message());
}

}  // namespace bulkhead
