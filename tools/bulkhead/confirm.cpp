#include "tools/bulkhead/confirm.h"

#include <iostream>
#include <string>

namespace bulkhead::cli {

bool confirm(std::string_view warning) {
    std::cout << "WARNING! " << warning << "\nAre you sure you want to continue? [y/N] "
              << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    for (char& c : answer) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return answer == "y" || answer == "yes";
}

}  // namespace bulkhead::cli
