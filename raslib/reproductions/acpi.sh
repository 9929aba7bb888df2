# Before this stand $size, of the memory that is shared with the guest, and tables(), which calls table() for each.
set -eu
folder=${1:?a folder for the tables}
mkdir -p "$folder/kernel/firmware/acpi"
cd "$folder"

table() {  # NAME, whose source comes on standard input
  cat > "$1.dsl"
  iasl -p "kernel/firmware/acpi/$1" "$1.dsl"
}

tables
find kernel | cpio -o -H newc > tables.cpio
truncate -s "$size" rasmem
cat <<END
cat tables.cpio YOUR-INITRD > initrd, and then:
qemu-system-aarch64 -M virt,nvdimm=on,gic-version=3 -cpu max -m 1024,slots=1,maxmem=3072M \\
  -object memory-backend-file,id=rasmem,share=on,mem-path=rasmem,size=$size \\
  -device nvdimm,memdev=rasmem -bios QEMU_EFI.fd -kernel YOUR-KERNEL -initrd initrd -nographic \\
  -append "console=ttyAMA0 acpi=force acpi_no_memhotplug"
END
