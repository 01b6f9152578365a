# SPDX-License-Identifier: GPL-2.0
# Our modules have whole debug information whatever the kernel's configuration
# says: what was built is held against the bindings. It changes no code.
ccflags-y += -g $(call cc-option,-gno-split-dwarf) $(call cc-option,-gz=none) \
	$(call cc-option,-femit-struct-debug-detailed=all)
