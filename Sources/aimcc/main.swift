import Commands

Aimcc.main()
