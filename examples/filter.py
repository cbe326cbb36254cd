from bpfopt import icmp, ip, rand

program = ip & rand(0.1) & icmp
print(program)  # ip and rand(0.1) and icmp
print(program.compile().asm)
