/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stdint.h - the fixed-width integers that kdma.h and program.h use
 *
 * The generator's own, so that the bindings do not depend on the C library of
 * the machine they are generated on.
 */
#ifndef KDMA_GENERATOR_STDINT_H
#define KDMA_GENERATOR_STDINT_H

typedef __INT32_TYPE__ int32_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;

#endif /* KDMA_GENERATOR_STDINT_H */
