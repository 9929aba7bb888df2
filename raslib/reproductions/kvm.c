/*
 * Asks KVM for CALLS on a new vCPU, lets it run, and compares with PENDING, VECTOR and ESR.
 * Exit status: 0 as expected, 1 otherwise, 77 if this machine cannot tell.
 *
 * The guest is memory full of one instruction, a store to where there is no memory: wherever it goes, it exits at
 * once, and its PC says where it is. Structures and registers are those of arm64 (Documentation/virt/kvm/api.rst), so
 * that the program compiles everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

struct events {
	uint8_t serror_pending, serror_has_esr, ext_dabt_pending, pad[5];
	uint64_t serror_esr;
	uint32_t reserved[12];
};

struct init {
	uint32_t target, features[7];
};

#define GET_VCPU_EVENTS _IOR(KVMIO, 0x9f, struct events)
#define SET_VCPU_EVENTS _IOW(KVMIO, 0xa0, struct events)
#define VCPU_INIT _IOW(KVMIO, 0xae, struct init)
#define PREFERRED_TARGET _IOR(KVMIO, 0xaf, struct init)

#define REG_PC 0x6030000000100040ULL
#define REG_PSTATE 0x6030000000100042ULL
#define REG_ESR_EL1 0x603000000013c290ULL
#define REG_VBAR_EL1 0x603000000013c600ULL

#define BASE 0x10000ULL
#define SIZE 0x10000ULL
#define STORE 0xf900001fU /* str xzr, [x0] */

static int differs;

static void compare(const char *what, uint64_t is, uint64_t expected)
{
	printf("%s: %#llx", what, (unsigned long long)is);
	if (is != expected) {
		printf(", expected %#llx", (unsigned long long)expected);
		differs = 1;
	}
	printf("\n");
}

static int reg(int vcpu, unsigned long call, uint64_t id, uint64_t *value)
{
	struct kvm_one_reg one = { .id = id, .addr = (uint64_t)(uintptr_t)value };

	return ioctl(vcpu, call, &one);
}

static int missing(const char *what)
{
	perror(what);
	return 77;
}

int main(void)
{
	struct events calls[] = { CALLS }, pending = PENDING, found = { 0 };
	uint64_t pc = BASE + ENTRY, vbar = BASE, pstate = PSTATE, esr = 0;
	struct init init = { 0 };
	int error = 0;

	int kvm = open("/dev/kvm", O_RDWR);
	if (kvm < 0)
		return missing("/dev/kvm");
	int vm = ioctl(kvm, KVM_CREATE_VM, 0UL);
	if (vm < 0 || ioctl(vm, PREFERRED_TARGET, &init) < 0)
		return missing("a virtual machine of arm64");
	uint32_t *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return missing("memory");
	for (size_t i = 0; i < SIZE / sizeof(*memory); i++)
		memory[i] = STORE;
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = BASE, .memory_size = SIZE, .userspace_addr = (uint64_t)(uintptr_t)memory,
	};
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL);
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0UL);
	if (vcpu < 0 || size < 0 || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ||
	    ioctl(vcpu, VCPU_INIT, &init) < 0)
		return missing("a vCPU");
	struct kvm_run *run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED || reg(vcpu, KVM_SET_ONE_REG, REG_PSTATE, &pstate) < 0 ||
	    reg(vcpu, KVM_SET_ONE_REG, REG_VBAR_EL1, &vbar) < 0 || reg(vcpu, KVM_SET_ONE_REG, REG_PC, &pc) < 0)
		return missing("registers");

	/* It runs once, for KVM takes IL in the syndrome of an abort from the exit before; then the store is done. */
	if (ioctl(vcpu, KVM_RUN, 0UL) < 0)
		return missing("KVM_RUN");
	run->immediate_exit = 1;
	if (ioctl(vcpu, KVM_RUN, 0UL) == 0 || errno != EINTR || reg(vcpu, KVM_SET_ONE_REG, REG_PC, &pc) < 0)
		return missing("immediate_exit");
	run->immediate_exit = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		error = ioctl(vcpu, SET_VCPU_EVENTS, &calls[i]) < 0 ? errno : 0;
	compare("KVM_SET_VCPU_EVENTS, errno", (uint64_t)error, EXPECTED_ERRNO);
	if (ioctl(vcpu, GET_VCPU_EVENTS, &found) < 0)
		return missing("KVM_GET_VCPU_EVENTS");
	compare("serror_pending", found.serror_pending, pending.serror_pending);
	compare("serror_has_esr", found.serror_has_esr, pending.serror_has_esr);
	compare("serror_esr", found.serror_esr, pending.serror_esr);

	if (ioctl(vcpu, KVM_RUN, 0UL) < 0)
		return missing("KVM_RUN");
	compare("exit_reason", run->exit_reason, KVM_EXIT_MMIO);
	if (reg(vcpu, KVM_GET_ONE_REG, REG_PC, &pc) < 0 || reg(vcpu, KVM_GET_ONE_REG, REG_ESR_EL1, &esr) < 0)
		return missing("registers");
	compare("the guest's PC, from its vectors", pc - BASE, VECTOR);
	if (VECTOR != ENTRY)
		compare("ESR_EL1", (uint32_t)esr, ESR); /* 6.1 extends the sign of an abort's */
	return differs;
}
