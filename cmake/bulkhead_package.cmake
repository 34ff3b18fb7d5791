# What `cmake --install` installs, and the Debian package that `cpack` makes of it
# (tools/make_package). Programs are static, so the package depends on nothing.

include(GNUInstallDirs)

set(generated_docs "${PROJECT_BINARY_DIR}/package")
file(MAKE_DIRECTORY "${generated_docs}")

# Made by the program from its own tables, so that they are never out of date.
set(package_files)
function(bulkhead_generated name)
    string(JOIN " " words ${ARGN})
    add_custom_command(
        OUTPUT "${generated_docs}/${name}"
        COMMAND sh -c "\"$<TARGET_FILE:bulkhead>\" ${words} >\"${generated_docs}/${name}\""
        DEPENDS bulkhead
        VERBATIM)
    set(package_files ${package_files} "${generated_docs}/${name}" PARENT_SCOPE)
endfunction()
bulkhead_generated(bulkhead.1 man)
bulkhead_generated(bulkhead.bash completion bash)
bulkhead_generated(bulkhead.zsh completion zsh)
bulkhead_generated(bulkhead.fish completion fish)
add_custom_command(
    OUTPUT "${generated_docs}/bulkhead.1.gz" "${generated_docs}/changelog.gz"
    COMMAND sh -c "gzip -9nc \"${generated_docs}/bulkhead.1\" >\"${generated_docs}/bulkhead.1.gz\""
    COMMAND sh -c "gzip -9nc \"${PROJECT_SOURCE_DIR}/CHANGELOG.md\" >\"${generated_docs}/changelog.gz\""
    DEPENDS "${generated_docs}/bulkhead.1" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
    VERBATIM)
add_custom_target(bulkhead_package_files ALL
                  DEPENDS ${package_files} "${generated_docs}/bulkhead.1.gz" "${generated_docs}/changelog.gz")

install(TARGETS bulkhead DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS bulkhead-vmm DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/bulkhead")
install(FILES "${share}/initramfs.cpio" "${share}/upper.template" DESTINATION "${CMAKE_INSTALL_DATADIR}/bulkhead")
if(BULKHEAD_KERNEL)
    install(FILES "${share}/vmlinux" DESTINATION "${CMAKE_INSTALL_DATADIR}/bulkhead")
endif()
install(FILES "${generated_docs}/bulkhead.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${generated_docs}/bulkhead.bash" RENAME bulkhead
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${generated_docs}/bulkhead.zsh" RENAME _bulkhead
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
install(FILES "${generated_docs}/bulkhead.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(FILES "${PROJECT_SOURCE_DIR}/packaging/bulkhead-boot.service" DESTINATION lib/systemd/system)
install(FILES "${generated_docs}/changelog.gz" "${PROJECT_SOURCE_DIR}/packaging/README.Debian"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/bulkhead")

# In a package the prefix is /usr, and this is /etc.
install(FILES "${PROJECT_SOURCE_DIR}/packaging/apparmor/bulkhead-vmm" DESTINATION ../etc/apparmor.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bulkhead)
set(CPACK_PACKAGE_VENDOR Bulkhead)
set(CPACK_PACKAGE_CONTACT "The Bulkhead developers <bulkhead@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "container host that runs each container in a virtual machine of its own")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "A minimal monitor on KVM boots a tiny Linux for each container, and an agent\n in it starts the program. Containers are isolated as virtual machines are,\n and used as containers are: docker's verbs and flags, OCI images.")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "e2fsprogs")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles"
    "${PROJECT_SOURCE_DIR}/packaging/debian/postinst"
    "${PROJECT_SOURCE_DIR}/packaging/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES OFF) # they are
include(CPack)
