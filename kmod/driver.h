/* SPDX-License-Identifier: GPL-2.0 */
/*
 * driver.h - the module around a driver
 *
 * Include it once in the C file of a driver's module and say
 * KDMA_DRIVER_MODULE(driver).
 */
#ifndef KDMA_DRIVER_H
#define KDMA_DRIVER_H

#include <linux/module.h>
#include <linux/platform_device.h>

#include "operations.h"

/*
 * Hands the driver to the core. Nothing is exported for it: the core binds to
 * a platform device that carries the driver as its data. Returns the device,
 * or -ENODEV as a pointer when the core refused.
 */
static inline struct platform_device *
kdma_register_driver(const struct kdma_driver *driver)
{
	struct platform_device *pdev;

	pdev = platform_device_register_data(NULL, KDMA_DRIVER_DEVICE_NAME, driver->kind,
					     driver, sizeof(*driver));
	if (!IS_ERR(pdev) && !pdev->dev.driver) {
		platform_device_unregister(pdev);
		return ERR_PTR(-ENODEV);
	}
	return pdev;
}

#define KDMA_DRIVER_MODULE(driver) \
	static struct platform_device *kdma_driver_device; \
\
	static int __init kdma_driver_init(void) \
	{ \
		kdma_driver_device = kdma_register_driver(&driver); \
		return PTR_ERR_OR_ZERO(kdma_driver_device); \
	} \
	module_init(kdma_driver_init); \
\
	static void __exit kdma_driver_exit(void) \
	{ \
		platform_device_unregister(kdma_driver_device); \
	} \
	module_exit(kdma_driver_exit); \
\
	MODULE_AUTHOR("kdma"); \
	MODULE_LICENSE("GPL")

/* The ABI's symbols live in a namespace; written so that every kernel takes it. */
#define KDMA_IMPORT_ABI MODULE_INFO(import_ns, "KDMA")

#endif /* KDMA_DRIVER_H */
