// SPDX-License-Identifier: GPL-2.0
/*
 * kdma_faults.ko: lets the kernel's DMA functions behave otherwise behind their
 * unchanged signatures, one fault at a time.
 *
 * Built by `kdma mutants` beside the drivers; the table of faults is generated
 * (faults.h). Writing a number to the parameter kdma_fault puts ftrace between
 * the callers of that fault's function and the function. Only calls from kdma's
 * own modules are concerned, those of the core excepted: the kernel itself, and
 * what puts the device back, go on as ever.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

enum kdma_fault_kind {
	KDMA_FAULT_NONE,
	KDMA_FAULT_CALL_DROPPED,
	KDMA_FAULT_CALL_TWICE,
	KDMA_FAULT_CALLED_FROM_ELSEWHERE, /* harmless: as it was, from here */
	KDMA_FAULT_CONSTANT, /* argument i is j */
	KDMA_FAULT_CUT_TO_16_BITS, /* argument i */
	KDMA_FAULT_CUT_TO_32_BITS, /* argument i */
	KDMA_FAULT_ONE_TOO_LARGE, /* argument i */
	KDMA_FAULT_ONE_TOO_SMALL, /* argument i */
	KDMA_FAULT_RESULT_DROPPED,
	KDMA_FAULT_RESULT_ERROR, /* -EINVAL */
	KDMA_FAULT_RESULT_ONE_TOO_LARGE,
	KDMA_FAULT_SLOWER, /* harmless: by 100 microseconds */
	KDMA_FAULT_SWAPPED, /* arguments i and j */
};

struct kdma_fault {
	const char *function; /* where it begins */
	enum kdma_fault_kind kind;
	unsigned char i, j;
};

#include "faults.h"

static const struct kdma_fault kdma_faults[] = {KDMA_FAULTS};

/* Eight, since a caller's stack may be read but no function here takes more. */
typedef u64 (*kdma_function)(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h);

static const struct kdma_fault *kdma_active = &kdma_faults[0];
static kdma_function kdma_original;

static u64 kdma_call(const u64 *a)
{
	return kdma_original(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

/* Called instead of the function; the original goes on behind its ftrace site. */
static u64 kdma_instead(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h)
{
	u64 arguments[] = {a, b, c, d, e, f, g, h};
	u64 *i = &arguments[kdma_active->i], *j = &arguments[kdma_active->j];
	u64 result;

	switch (kdma_active->kind) {
	case KDMA_FAULT_CALL_DROPPED:
		return 0;
	case KDMA_FAULT_CALL_TWICE:
		kdma_call(arguments);
		break;
	case KDMA_FAULT_CONSTANT:
		*i = kdma_active->j;
		break;
	case KDMA_FAULT_CUT_TO_16_BITS:
		*i = (u16)*i;
		break;
	case KDMA_FAULT_CUT_TO_32_BITS:
		*i = (u32)*i;
		break;
	case KDMA_FAULT_ONE_TOO_LARGE:
		++*i;
		break;
	case KDMA_FAULT_ONE_TOO_SMALL:
		--*i;
		break;
	case KDMA_FAULT_SLOWER:
		udelay(100);
		break;
	case KDMA_FAULT_SWAPPED:
		swap(*i, *j);
		break;
	default:
		break;
	}
	result = kdma_call(arguments);
	switch (kdma_active->kind) {
	case KDMA_FAULT_RESULT_DROPPED:
		return 0;
	case KDMA_FAULT_RESULT_ERROR:
		return -EINVAL;
	case KDMA_FAULT_RESULT_ONE_TOO_LARGE:
		return result + 1;
	default:
		return result;
	}
}

/*
 * What is known of callers, by where they return to: a name takes longer than most calls.
 * That address for one that is concerned, and its complement for one that is not, in one
 * word, so that an interrupt sees either the one or the other.
 */
static unsigned long kdma_callers[256];

static bool notrace kdma_is_concerned(unsigned long caller)
{
	unsigned int slot = hash_long(caller, ilog2(ARRAY_SIZE(kdma_callers)));
	unsigned long known = READ_ONCE(kdma_callers[slot]);
	char name[KSYM_SYMBOL_LEN];
	bool concerned;

	if (known == caller || known == ~caller)
		return known == caller;
	sprint_symbol(name, caller);
	concerned = strstr(name, "[kdma") && !strstr(name, "[kdma_test]");
	WRITE_ONCE(kdma_callers[slot], concerned ? caller : ~caller);
	return concerned;
}

static void notrace kdma_redirect(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	if (!kdma_is_concerned(parent_ip))
		return;
	kdma_original = (kdma_function)(ip + MCOUNT_INSN_SIZE);
	ftrace_regs_set_instruction_pointer(fregs, (unsigned long)kdma_instead);
}

static struct ftrace_ops kdma_ops = {
	.func = kdma_redirect,
	.flags = FTRACE_OPS_FL_SAVE_REGS_IF_SUPPORTED | FTRACE_OPS_FL_IPMODIFY,
};

static void kdma_no_fault(void)
{
	if (kdma_active == &kdma_faults[0])
		return;
	unregister_ftrace_function(&kdma_ops);
	ftrace_free_filter(&kdma_ops);
	kdma_active = &kdma_faults[0];
}

static int kdma_fault_set(const char *value, const struct kernel_param *parameter)
{
	const struct kdma_fault *fault;
	unsigned int number;
	int error;

	error = kstrtouint(value, 0, &number);
	if (error)
		return error;
	if (number >= ARRAY_SIZE(kdma_faults))
		return -ERANGE;
	kdma_no_fault();
	fault = &kdma_faults[number];
	if (!fault->function)
		return 0;
	/* Five times as long by name: ftrace looks at the name of each function then. */
	error = ftrace_set_filter_ip(&kdma_ops, (unsigned long)fault->function, 0, 1);
	if (error)
		return error;
	kdma_active = fault;
	error = register_ftrace_function(&kdma_ops);
	if (error)
		kdma_active = &kdma_faults[0];
	return error;
}

static const struct kernel_param_ops kdma_fault_ops = {.set = kdma_fault_set};

module_param_cb(kdma_fault, &kdma_fault_ops, NULL, 0200);
MODULE_PARM_DESC(kdma_fault, "number of the fault that is switched on; 0: none");

static int __init kdma_faults_init(void)
{
	return 0;
}
module_init(kdma_faults_init);

static void __exit kdma_faults_exit(void)
{
	kdma_no_fault();
}
module_exit(kdma_faults_exit);

MODULE_AUTHOR("kdma");
MODULE_DESCRIPTION("Faults in the behaviour of the kernel's DMA functions");
MODULE_LICENSE("GPL");
