mkdir d; echo x >d/f; setfattr -n user.colour -v blue d/f; setfattr -n user.dir -v yes d
