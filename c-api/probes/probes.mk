# SPDX-License-Identifier: GPL-2.0
# Probes. Features are probed for, versions are never compared. A probe asks
# whether a name exists or whether a spelling compiles, never whether a whole
# call does: a changed signature has to be an error. $(1): file, $(2): macro.
kdma-probe = $(call try-run, $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) \
	$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE) \
	-DKBUILD_BASENAME='"probe"' -DKBUILD_MODFILE='"probe"' \
	-DKBUILD_MODNAME='"probe"' -D__KBUILD_MODNAME=kmod_probe \
	-c $(kdma-probes)/$(1).c -o "$$TMP",-D$(2))
ccflags-y += $(call kdma-probe,dma_iova,KDMA_HAVE_DMA_IOVA)
ccflags-y += $(call kdma-probe,dma_map_phys,KDMA_HAVE_DMA_MAP_PHYS)
ccflags-y += $(call kdma-probe,namespace_is_token,KDMA_NAMESPACE_IS_TOKEN)
